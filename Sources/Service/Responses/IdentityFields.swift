import BSON
import Identity
import Store

/// What answers about identity have in common.
extension BSONWriter {
  /// `{type, value}` of an identifier.
  mutating func append(_ name: String, identifier: Identifier) {
    append(
      name,
      document: {
        $0.append("type", identifier.type.rawValue)
        $0.append("value", identifier.value)
      })
  }

  /// Who took a decision back, why and when; nothing while it stands.
  mutating func append(undone act: IdentityDecision.Act?) {
    guard let act else { return }
    append(
      "undone",
      document: {
        $0.append("actor", act.actor)
        $0.append("reason", act.reason)
        $0.append("at", act.at)
      })
  }
}
