import BSON
import Ingestion
import MongoDB
import MongoTesting
import Store
import Testing

@testable import Connectors

@Suite(.serialized) struct MongoPullTests {
  private let bench: Bench
  private let shop: MongoDatabase
  private let users: MongoCollection
  init() throws {
    bench = try Bench()
    shop = try TestDatabase.fresh()
    users = shop.collection("users")
  }

  private func pull(piece: Int = 1_000, collection: String = "users") throws -> MongoPull {
    let mapping = try FieldMapping(
      .customers,
      parsing: Array(
        #"{"columns": {"_id": "sourceId", "mail": "email", "name.first": "firstName"}, "constants": {"source": "shop"}}"#
          .utf8))
    var pull = MongoPull(
      uri: try TestDatabase.uri, database: shop.name, collection: collection, kind: .customers, mapping: mapping)
    pull.pieceDocuments = piece
    return pull
  }

  private func insert(_ ids: [BSONValue]) throws {
    _ = try users.write(
      ids.map { id in
        .update(
          filter: BSONDocument { $0.append("_id", id) },
          update: BSONDocument { update in
            update.append(
              "$set",
              document: { set in
                set.append("mail", "someone@example.com")
                set.append("name", document: { $0.append("first", "Ada") })
              })
          }, upsert: true, multi: false)
      }, deadline: bench.deadline)
  }

  private func set(_ id: String, _ field: String, _ value: String) throws {
    _ = try users.write(
      [
        .update(
          filter: BSONDocument { $0.append("_id", id) },
          update: BSONDocument { $0.append("$set", document: { $0.append(field, value) }) }, upsert: true, multi: false)
      ], deadline: bench.deadline)
  }

  private func count() throws -> Int {
    var count = 0
    try bench.store.customerRecords.forEach(deadline: bench.deadline) { _ in count += 1 }
    return count
  }

  @Test func `a collection is copied whatever its ids are, then its changes come`() throws {
    let ids: [BSONValue] =
      (0..<25).map { .string("s\($0)") } + (0..<25).map { .int64($0) }
      + (10..<35).compactMap { BSONObjectID(hex: "65e1c4\($0)0000000000000000").map { .objectID($0) } }
    try insert(ids)
    var ledger = try bench.ledger("users", type: "mongodb", kind: .customers)
    try pull(piece: 7).run(&ledger, progress: { _ in })
    #expect(ledger.source.accepted == 75)
    #expect(try count() == 75)
    #expect(ledger.source.lastSuccessAt != nil && ledger.source.lag?.amount == 0)
    try set("s3", "mail", "new@example.com")
    try set("late", "mail", "late@example.com")
    var again = try bench.ledger("users", type: "mongodb", kind: .customers)
    try pull().run(&again, progress: { _ in })
    #expect(again.source.accepted == 77)
    #expect(try count() == 76)
    let changed = try #require(try bench.store.customerRecords.find(id: "shop/s3", deadline: bench.deadline))
    #expect(changed.string("email") == "new@example.com" && changed.string("firstName") == "Ada")
  }

  @Test func `what changes during the copy, and a run cut off anywhere, lose and double nothing`() throws {
    try insert((10..<60).map { .string("u\($0)") })
    var pieces = 0
    // Ends after two pieces, as a kill would; a document behind and one before the place change meanwhile.
    var first = try PullLedger(
      name: "cut", type: "mongodb", kind: "customers", store: bench.store, ingestor: Ingestor(store: bench.store),
      clock: WallClock.now, refused: { _ in }, isStopping: { pieces >= 2 })
    try pull(piece: 10).run(&first, progress: { _ in pieces += 1 })
    #expect(first.source.accepted == 20)
    try set("u11", "mail", "before@example.com")
    try set("u55", "mail", "behind@example.com")
    var second = try bench.ledger("cut", type: "mongodb", kind: .customers)
    try pull(piece: 10).run(&second, progress: { _ in })
    #expect(try count() == 50)
    for (id, mail) in [("u11", "before@example.com"), ("u55", "behind@example.com")] {
      let record = try bench.store.customerRecords.find(id: "shop/\(id)", deadline: bench.deadline)
      #expect(record?.string("email") == mail)
    }
  }

  @Test func `a position that the oplog does not know is told, and the collection copied anew`() throws {
    try insert((0..<5).map { .string("u\($0)") })
    var ledger = try bench.ledger("lost", type: "mongodb", kind: .customers)
    try pull().run(&ledger, progress: { _ in })
    var source = try #require(try bench.store.pullSource("lost", deadline: bench.deadline))
    let place = source.position.string("collection") ?? ""
    source.position = BSONDocument {
      $0.append("collection", place)
      $0.append("copied", true)
      // The oplog of a test's server is whole, so that only a token that it cannot read is one that it does not know.
      $0.append("token", document: { $0.append("_data", "82") })
    }
    try bench.store.setPullSource(source, at: WallClock.now(), deadline: bench.deadline)
    try insert([.string("u9")])
    var again = try bench.ledger("lost", type: "mongodb", kind: .customers)
    try pull().run(&again, progress: { _ in })
    #expect(again.source.remark?.contains("copied anew") == true)
    #expect(try count() == 6)
    #expect(again.source.accepted == 6 && again.source.duplicates == 5)
  }
}
