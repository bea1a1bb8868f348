import BSON
import MongoDB
import MongoTesting
import Testing

/// What becomes of each document and statement of a batch.
@Suite struct BatchTests {
  let things: MongoCollection

  init() throws {
    things = try TestDatabase.fresh().collection("things")
  }

  func document(_ id: Int) -> BSONDocument { BSONDocument { $0.append("_id", id) } }

  func set(_ key: String, _ value: Int) -> BSONDocument { BSONDocument { $0.append("$set") { $0.append(key, value) } } }

  /// A document of exactly so many bytes.
  func document(_ id: Int, bytes: Int) -> BSONDocument {
    let frame = BSONDocument {
      $0.append("_id", id)
      $0.append("text", "")
    }
    return BSONDocument {
      $0.append("_id", id)
      $0.append("text", String(repeating: "x", count: bytes - frame.byteCount))
    }
  }

  @Test func `more than one command's worth is cut into several`() throws {
    let documents = (0..<50).map { document($0, bytes: 1024 * 1024) }
    let result = try things.insert(documents + [documents[7]], deadline: .ofTest)
    #expect(result.insertedCount == 50 && result.duplicateIndexes == [50])
    #expect(try things.count(deadline: .ofTest) == 50)
  }

  @Test func `more statements than one command takes are cut into several`() throws {
    let documents = (0..<100_001).map(document)
    #expect(try things.insert(documents, deadline: .ofTest).insertedCount == 100_001)
    let again = try things.insert([document(-1)] + documents.suffix(5), deadline: .ofTest)
    #expect(again.insertedCount == 1 && again.duplicateIndexes == [1, 2, 3, 4, 5])
  }

  @Test func `a document may be as large as MongoDB stores and not a byte larger`() throws {
    let limit = 16 * 1024 * 1024
    let documents = [document(1), document(2, bytes: limit), document(3, bytes: limit + 1), document(4)]
    let result = try things.insert(documents, deadline: .ofTest)
    #expect(result.insertedCount == 3)
    #expect(result.failures.map(\.index) == [2] && result.failures[0].code == 10334)
    let found = try things.findOne(document(2), deadline: .ofTest)
    #expect(found?.byteCount == limit)
  }

  @Test func `one bad document of many is refused alone`() throws {
    var deep = BSONDocument()
    for _ in 0..<190 { deep = BSONDocument { $0.append("a", deep) } }
    let bad = BSONDocument {
      $0.append("_id", 2)
      $0.append("deep", deep)
    }
    let arrayID = BSONDocument { $0.append("_id") { $0.append("not allowed as an id") } }
    let result = try things.insert([document(1), bad, document(3), arrayID], deadline: .ofTest)
    #expect(result.insertedCount == 2)
    #expect(result.failures.map(\.index) == [1, 3])
    #expect(try things.count(deadline: .ofTest) == 2)
  }

  @Test func `nothing is inserted where there is nothing`() throws {
    #expect(try things.insert([], deadline: .ofTest).insertedCount == 0)
    #expect(try things.write([], deadline: .ofTest).matchedCount == 0)
  }

  @Test func `a duplicate of another unique key is a failure, not a duplicate`() throws {
    try things.createIndexes([IndexDefinition(ascending: "email", unique: true)], deadline: .ofTest)
    let people = [(1, "a"), (2, "b"), (3, "a"), (1, "c")].map { id, email in
      BSONDocument {
        $0.append("_id", id)
        $0.append("email", email)
      }
    }
    let result = try things.insert(people, deadline: .ofTest)
    #expect(result.insertedCount == 2 && result.duplicateIndexes == [3])
    #expect(result.failures.map(\.index) == [2] && result.failures[0].isDuplicateKey)
    #expect(!result.failures[0].message.contains("email"))
  }

  @Test func `unordered writes run whatever becomes of the others, and ordered ones stop`() throws {
    _ = try things.insert((0..<4).map(document), deadline: .ofTest)
    let unique = BSONDocument { $0.append("_id", 9) }
    let statements: [WriteStatement] = [
      .update(filter: document(0), update: set("n", 1)),
      .replace(filter: document(1), with: unique),
      .delete(filter: document(2)),
      .update(filter: document(3), update: set("n", 1)),
    ]
    let unordered = try things.writeEach(statements, deadline: .ofTest)
    #expect(unordered.failures.map(\.index) == [1] && unordered.modifiedCount == 2 && unordered.deletedCount == 1)
    let ordered = try things.writeEach(Array(statements.reversed()), ordered: true, deadline: .ofTest)
    #expect(ordered.failures.map(\.index) == [2] && ordered.matchedCount == 1 && ordered.deletedCount == 0)
    #expect(throws: MongoError.self) { try things.write(statements, deadline: .ofTest) }
  }

  @Test func `a replacement is never run as operators, nor an update as a replacement`() throws {
    _ = try things.insert([document(1)], deadline: .ofTest)
    let operators = set("x", 1)
    let statements: [WriteStatement] = [
      .replace(filter: document(1), with: operators), .update(filter: document(1), update: document(1)),
      .update(filter: document(1), update: BSONDocument()), .update(filter: document(1), update: set("y", 2)),
    ]
    let result = try things.writeEach(statements, deadline: .ofTest)
    #expect(result.failures.map(\.code) == [52, 9, 9] && result.modifiedCount == 1)
    let ordered = try things.writeEach(Array(statements.reversed()), ordered: true, deadline: .ofTest)
    #expect(ordered.failures.map(\.index) == [1] && ordered.matchedCount == 1)
    #expect(throws: MongoError.self) {
      try things.findAndModify(filter: document(1), update: document(2), deadline: .ofTest)
    }
    #expect(try things.findOne(document(1), deadline: .ofTest)?.int("y") == 2)
  }

  @Test func `updates by pipeline, of many, and with array filters`() throws {
    let lists = (0..<3).map { id in
      BSONDocument {
        $0.append("_id", id)
        $0.append("list") { array in for number in 0..<3 { array.append(number) } }
      }
    }
    _ = try things.insert(lists, deadline: .ofTest)
    let stage = BSONDocument { $0.append("$set") { $0.append("sum") { $0.append("$sum", "$list") } } }
    #expect(
      try things.write([.updatePipeline(filter: BSONDocument(), pipeline: [stage], multi: true)], deadline: .ofTest)
        .modifiedCount == 3)
    let large = BSONDocument { $0.append("large") { $0.append("$gte", 1) } }
    try things.write(
      [.update(filter: document(1), update: set("list.$[large]", 7), arrayFilters: [large])], deadline: .ofTest)
    let found = try things.findOne(document(1), deadline: .ofTest)
    #expect(found?.int("sum") == 3 && found?.array("list")?.compactMap(\.intValue) == [0, 7, 7])
  }

  @Test func `options of a query are kept to`() throws {
    let people = (0..<20).map { id in
      BSONDocument {
        $0.append("_id", id)
        $0.append("n", 19 - id)
        $0.append("name", id % 2 == 0 ? "ann" : "ANN")
      }
    }
    _ = try things.insert(people, deadline: .ofTest)
    try things.createIndexes([IndexDefinition(ascending: "n")], deadline: .ofTest)
    let options = FindOptions(
      sort: BSONDocument { $0.append("n", 1) }, projection: BSONDocument { $0.append("n", 1) }, limit: 3, skip: 2,
      hint: BSONDocument { $0.append("n", 1) }, majority: true)
    let found = try things.find(BSONDocument(), options, deadline: .ofTest)
    #expect(found.map { $0.int("_id") } == [17, 16, 15] && found.allSatisfy { $0.count == 2 })
    let insensitive = FindOptions(
      collation: BSONDocument {
        $0.append("locale", "en")
        $0.append("strength", 2)
      })
    let name = BSONDocument { $0.append("name", "Ann") }
    #expect(try things.find(name, insensitive, deadline: .ofTest).count == 20)
    #expect(try things.find(name, deadline: .ofTest).isEmpty)
    #expect(try things.count(deadline: .ofTest) == 20)
    #expect(try things.count(BSONDocument { $0.append("name", "ann") }, limit: 4, deadline: .ofTest) == 4)
    #expect(try things.estimatedCount(deadline: .ofTest) == 20)
    let text = try things.findOne(document(3), deadline: .ofTest) { bytes in
      var out: [UInt8] = []
      try JSONEncoding.append(document: bytes, to: &out)
      return String(decoding: out, as: UTF8.self)
    }
    #expect(text == #"{"_id":3,"n":16,"name":"ANN"}"#)
  }

  @Test func `indexes are made once and told by name`() throws {
    let index = IndexDefinition(
      keys: BSONDocument {
        $0.append("a", 1)
        $0.append("b", -1)
      }, partialFilter: BSONDocument { $0.append("c", true) }, expireAfterSeconds: nil)
    #expect(index.name == "a_1_b_-1")
    for _ in 0..<2 { try things.createIndexes([index, IndexDefinition(ascending: "t")], deadline: .ofTest) }
    #expect(try things.indexNames(deadline: .ofTest).sorted() == ["_id_", "a_1_b_-1", "t_1"])
    let other = IndexDefinition(ascending: "t", name: "t_1", unique: true)
    #expect(throws: MongoError.self) { try things.createIndexes([other], deadline: .ofTest) }
    try things.drop(deadline: .ofTest)
    try things.drop(deadline: .ofTest)
    #expect(try things.indexNames(deadline: .ofTest) == [])
  }

  @Test func `a refused command tells its code and nothing of its data`() {
    let bad = BSONDocument { $0.append("secret@example.org") { $0.append("$noSuchOperator", 1) } }
    #expect(throws: MongoError.command(code: 2, codeName: "BadValue", labels: [])) {
      try things.findOne(bad, deadline: .ofTest)
    }
  }
}
