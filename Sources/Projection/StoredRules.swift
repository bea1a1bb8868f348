import Identity
import MongoDB
import Store

extension Store {
  /// The identity rules that hold: the latest version, or the defaults while nobody has set any.
  public func currentIdentityRules(deadline: Deadline) throws(StoreError) -> IdentityRules {
    guard let stored = try identityRules.latest(deadline: deadline) else { return IdentityRules() }
    do throws(IdentityError) {
      return try IdentityRules(stored: stored)
    } catch {
      throw .malformedDocument(collection: "identity_rules", reason: "not readable as rules")
    }
  }
}
