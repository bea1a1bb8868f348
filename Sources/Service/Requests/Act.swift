import BSON
import HTTPServer
import Store

/// Who does something to a customer's identity, and why: `actor` and `reason` of a body.
enum Act {
  /// Fields of the body.
  static let fields = ["actor", "reason"]
  /// The longest actor, in bytes.
  static let actorBytesMax = 256
  /// The longest reason, in bytes.
  static let reasonBytesMax = 2_000

  /// The act that a body describes. Without an actor it is the key's holder; a reason must be given.
  static func parse(_ body: ObjectBody, _ call: Call, at now: BSONDate) throws(Problem) -> IdentityDecision.Act {
    let reason = try text("reason", body, bytesMax: reasonBytesMax)
    guard let reason else { throw .invalidField("/reason", "required", "The field 'reason' is required.") }
    let actor = try text("actor", body, bytesMax: actorBytesMax)
    return .init(actor: actor ?? call.caller.keyId.map { "key:\($0)" } ?? "anybody", reason: reason, at: now)
  }

  private static func text(_ field: String, _ body: ObjectBody, bytesMax: Int) throws(Problem) -> String? {
    guard let text = try body.string(field) else { return nil }
    guard (1...bytesMax).contains(text.utf8.count) else {
      throw .invalidField("/\(field)", "out_of_range", "A text of 1 to \(bytesMax) bytes is expected.")
    }
    return text
  }
}
