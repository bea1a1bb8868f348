import BSON
import MongoDB

extension Store {
  /// Returns when a primary answers; throws when none does.
  public func pingPrimary(deadline: Deadline) throws(StoreError) {
    let hello = try storing { try database.runAdmin(BSONDocument { $0.append("hello", 1) }, deadline: deadline) }
    guard hello.bool("isWritablePrimary") == true else { throw .database(.unavailable(.noPrimary)) }
  }
}
