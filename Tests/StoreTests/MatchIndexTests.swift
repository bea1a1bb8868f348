import BSON
import MongoDB
import MongoTesting
import Store
import Testing

/// Which records share a key, against the real database.
@Suite struct MatchIndexTests {
  private func index(_ keys: [String: [Int64]]) throws -> (MatchIndex, MongoDatabase) {
    let database = try TestDatabase.fresh()
    let index = Store(database).matchIndex
    try index.remake(deadline: .ofTest) { add throws(StoreError) in
      try add(keys.map { MatchIndex.Entry(recordId: $0.key, keys: $0.value) })
    }
    return (index, database)
  }

  @Test func `those who share the rarest keys come first`() throws {
    let (index, _) = try index([
      "new": [1, 2, 3], "a": [1], "b": [1], "c": [1, 2], "d": [3], "e": [4],
    ])
    let found = try index.records(sharing: [1, 2, 3, 5], recordsMax: 10, limit: 10, deadline: .ofTest)
    #expect(found == ["new", "c", "d", "a", "b"])
    #expect(try index.records(sharing: [1, 2, 3], recordsMax: 10, limit: 2, deadline: .ofTest) == ["new", "c"])
  }

  @Test func `a key that as many share as are looked at finds them, and one more nobody`() throws {
    let (index, _) = try index(["a": [1, 2], "b": [1, 2], "c": [1, 2], "d": [1]])
    #expect(try index.records(sharing: [2], recordsMax: 3, limit: 10, deadline: .ofTest) == ["a", "b", "c"])
    #expect(try index.records(sharing: [1], recordsMax: 3, limit: 10, deadline: .ofTest) == [])
    #expect(try index.records(sharing: [], recordsMax: 3, limit: 10, deadline: .ofTest) == [])
  }

  @Test func `what was there before an index was made anew is gone`() throws {
    let (index, _) = try index(["a": [1], "b": [1]])
    try index.remake(deadline: .ofTest) { add throws(StoreError) in
      try add([MatchIndex.Entry(recordId: "c", keys: [1])])
    }
    #expect(try index.records(sharing: [1], recordsMax: 3, limit: 10, deadline: .ofTest) == ["c"])
  }

  @Test func `who shares a key stands in the index itself, and no document is read`() throws {
    let (_, database) = try index(["a": [1], "b": [1, 2]])
    let plan = try database.run(
      BSONDocument {
        $0.append("explain") {
          $0.append("find", "match_keys")
          $0.append("filter") { $0.append("keys", Int64(1)) }
          $0.append("projection") { $0.append("_id", 1) }
        }
        $0.append("verbosity", "executionStats")
      }, deadline: .ofTest)
    let stats = try #require(plan.document("executionStats"))
    #expect(stats.int("nReturned") == 2)
    #expect(stats.int("totalDocsExamined") == 0)
  }
}
