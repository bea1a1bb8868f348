import BSON
import MongoDB

/// Versions of the identity rules, numbered from 1. A version never changes.
public struct IdentityRuleVersions: Sendable {
  let collection: MongoCollection

  /// The latest version with its number in `version`. Nil while nobody has set any.
  public func latest(deadline: Deadline) throws(StoreError) -> BSONDocument? {
    let newest = FindOptions(sort: BSONDocument { $0.append("_id", Int32(-1)) }, limit: 1)
    return try storing { try collection.find(BSONDocument(), newest, deadline: deadline) }.first.map(Self.outward)
  }

  /// Adds version `number`. False when there is one of that number already.
  public func add(_ number: Int, _ fields: BSONDocument, deadline: Deadline) throws(StoreError) -> Bool {
    let document = BSONDocument {
      $0.append("_id", Int64(number))
      $0.append(contentsOf: fields)
    }
    let statement = try storing { try collection.insert([document], deadline: deadline).confirmed() }
    return acknowledgements(of: statement, count: 1)[0] == .accepted
  }

  private static func outward(_ document: BSONDocument) -> BSONDocument {
    BSONDocument { writer in
      writer.append("version", document.int("_id") ?? 0)
      for element in document where !element.keyEquals("_id") { writer.append(element) }
    }
  }
}
