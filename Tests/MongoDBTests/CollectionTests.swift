import BSON
import MongoDB
import MongoTesting
import Testing

@Suite struct CollectionTests {
  let database: MongoDatabase
  let things: MongoCollection

  init() throws {
    database = try TestDatabase.fresh()
    things = database.collection("things")
  }

  func numbered(_ range: Range<Int>) -> [BSONDocument] {
    range.map { number in
      BSONDocument {
        $0.append("_id", number)
        $0.append("square", number * number)
      }
    }
  }

  @Test func `what is inserted is found again`() throws {
    let result = try things.insert(numbered(0..<10), deadline: .ofTest)
    #expect(result.insertedCount == 10)
    #expect(result.duplicateIndexes.isEmpty && result.failures.isEmpty)
    let found = try things.findOne(BSONDocument { $0.append("_id", 7) }, deadline: .ofTest)
    #expect(found == numbered(7..<8)[0])
    #expect(try things.findOne(BSONDocument { $0.append("_id", 11) }, deadline: .ofTest) == nil)
  }

  @Test func `a document inserted twice is a duplicate, and the others are stored`() throws {
    _ = try things.insert(numbered(3..<5), deadline: .ofTest)
    let result = try things.insert(numbered(0..<6), deadline: .ofTest)
    #expect(result.insertedCount == 4)
    #expect(result.duplicateIndexes == [3, 4])
    #expect(result.failures.isEmpty)
  }

  @Test func `documents stream in batches and stop when told`() throws {
    _ = try things.insert(numbered(0..<500), deadline: .ofTest)
    var seen: [Int] = []
    let options = FindOptions(sort: BSONDocument { $0.append("_id", 1) }, batchSize: 7)
    try things.find(BSONDocument(), options, deadline: .ofTest) { bytes in
      seen.append(BSONDocument(copying: bytes).int("_id") ?? -1)
      return seen.count < 100
    }
    #expect(seen == Array(0..<100))
    #expect(try things.find(BSONDocument(), options, deadline: .ofTest).count == 500)
  }

  @Test func `writes tell what they did`() throws {
    _ = try things.insert(numbered(0..<4), deadline: .ofTest)
    let result = try things.write(
      [
        .update(
          filter: BSONDocument { $0.append("_id", 0) }, update: BSONDocument { $0.append("$set") { $0.append("a", 1) } }
        ),
        .replace(filter: BSONDocument { $0.append("_id", 9) }, with: BSONDocument { $0.append("b", 2) }, upsert: true),
        .delete(filter: BSONDocument { $0.append("square") { $0.append("$gte", 4) } }, multi: true),
      ], deadline: .ofTest)
    #expect(result.matchedCount == 1)
    #expect(result.modifiedCount == 1)
    #expect(result.upserted.map(\.index) == [1] && result.upserted.first?.id == .int32(9))
    #expect(result.deletedCount == 2)
    #expect(try things.count(deadline: .ofTest) == 3)
  }

  @Test func `findAndModify returns the document before or after`() throws {
    _ = try things.insert(numbered(2..<3), deadline: .ofTest)
    let filter = BSONDocument { $0.append("_id", 2) }
    let increment = BSONDocument { $0.append("$inc") { $0.append("square", 1) } }
    #expect(try things.findAndModify(filter: filter, update: increment, deadline: .ofTest)?.int("square") == 4)
    let after = try things.findAndModify(filter: filter, update: increment, returnNew: true, deadline: .ofTest)
    #expect(after?.int("square") == 6)
    #expect(try things.findAndModify(filter: filter, update: .remove, deadline: .ofTest)?.int("square") == 6)
    #expect(try things.findAndModify(filter: filter, update: .remove, deadline: .ofTest) == nil)
  }
}
