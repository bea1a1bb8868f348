import BSON
import MongoDB
import MongoTesting
import Testing

@Suite struct ChangeStreamTests {
  func document(_ id: Int) -> BSONDocument { BSONDocument { $0.append("_id", id) } }

  /// Reads events until so many ids have been seen.
  func ids(_ stream: ChangeStream, count: Int) throws -> [Int] {
    var ids: [Int] = []
    let deadline = Deadline.ofTest
    while ids.count < count, !deadline.hasPassed {
      guard let event = try stream.next(maxAwaitMilliseconds: 1000) else { continue }
      ids.append(event.document("documentKey")?.int("_id") ?? -1)
    }
    return ids
  }

  @Test func `changes of the named collections are seen in order`() throws {
    let database = try TestDatabase.fresh()
    let stream = try database.watch(collections: ["a", "b"])
    #expect(stream.resumeToken != nil)
    _ = try database.collection("a").insert([document(1)], deadline: .ofTest)
    _ = try database.collection("other").insert([document(9)], deadline: .ofTest)
    _ = try database.collection("b").insert([document(2), document(3)], deadline: .ofTest)
    #expect(try ids(stream, count: 3) == [1, 2, 3])
    #expect(try stream.next(maxAwaitMilliseconds: 1) == nil)
  }

  @Test func `a stream goes on after its token, and the document is added when asked for`() throws {
    let database = try TestDatabase.fresh()
    let things = database.collection("things")
    let first = try database.watch(collections: ["things"])
    _ = try things.insert((0..<5).map(document), deadline: .ofTest)
    #expect(try ids(first, count: 2) == [0, 1])
    let token = try #require(first.resumeToken)
    try things.write(
      [.update(filter: document(4), update: BSONDocument { $0.append("$set") { $0.append("x", 7) } })],
      deadline: .ofTest)
    let second = try database.watch(
      collections: ["things"], ChangeStreamOptions(resumeAfter: token, includesDocument: true, batchSize: 2))
    #expect(try ids(second, count: 3) == [2, 3, 4])
    let update = try #require(try second.next(maxAwaitMilliseconds: 5000))
    #expect(update.string("operationType") == "update")
    #expect(update.document("fullDocument")?.int("x") == 7)
  }

  @Test func `the token of a stream without events moves on`() throws {
    let database = try TestDatabase.fresh()
    let stream = try database.watch(collections: ["quiet"])
    let before = stream.resumeToken
    _ = try database.collection("loud").insert((0..<20).map(document), deadline: .ofTest)
    let deadline = Deadline.ofTest
    while stream.resumeToken == before, !deadline.hasPassed {
      #expect(try stream.next(maxAwaitMilliseconds: 10) == nil)
    }
    #expect(stream.resumeToken != before)
  }

  @Test func `a stream can start at a time that was read before`() throws {
    let database = try TestDatabase.fresh()
    let time = try database.operationTime(deadline: .ofTest)
    _ = try database.collection("things").insert([document(1)], deadline: .ofTest)
    let stream = try database.watch(collections: ["things"], resumeAfter: nil, startAtOperationTime: time)
    #expect(try ids(stream, count: 1) == [1])
  }

  @Test func `a batch is all that is there`() throws {
    let database = try TestDatabase.fresh()
    let stream = try database.watch(collections: [])
    _ = try database.collection("things").insert((0..<10).map(document), deadline: .ofTest)
    var seen = 0
    let deadline = Deadline.ofTest
    while seen < 10, !deadline.hasPassed { seen += try stream.nextBatch(maxAwaitMilliseconds: 1000).count }
    #expect(seen == 10)
    #expect(try stream.nextBatch(maxAwaitMilliseconds: 1).isEmpty)
  }

  @Test func `a stream outlives a killed server and misses nothing`() throws {
    let server = try FaultyServer("stream")
    let database = try server.database()
    let things = database.collection("things")
    let stream = try database.watch(collections: ["things"])
    _ = try things.insert((0..<3).map(document), deadline: .ofTest)
    #expect(try ids(stream, count: 1) == [0])
    for round in 1...2 {
      server.mongod.crash()
      _ = try things.insert((round * 3..<round * 3 + 3).map(document), deadline: .ofTest)
    }
    #expect(try ids(stream, count: 8) == Array(1..<9))
  }

  @Test func `a stream outlives the cursor that the server forgot`() throws {
    let server = try FaultyServer("cursor")
    let database = try server.database()
    let things = database.collection("things")
    let stream = try database.watch(collections: ["things"])
    _ = try things.insert((0..<3).map(document), deadline: .ofTest)
    #expect(try ids(stream, count: 3) == [0, 1, 2])
    for code in [43, 10107, 133, 11602] {
      try server.fail(["getMore"], times: 1) {
        $0.append("errorCode", code)
        $0.append("errorLabels", ["ResumableChangeStreamError"])
      }
      _ = try things.insert([document(code)], deadline: .ofTest)
      #expect(try ids(stream, count: 1) == [code])
    }
  }

  @Test func `a token that the oplog no longer reaches is told apart`() throws {
    let server = try FaultyServer("lost")
    let database = try server.database()
    let stream = try database.watch(collections: ["things"])
    try server.fail(["getMore"], times: 1) { $0.append("errorCode", 286) }
    #expect(throws: MongoError.changeStreamHistoryLost) { try stream.next(maxAwaitMilliseconds: 100) }
    try server.fail(["aggregate"], times: 1) { $0.append("errorCode", 286) }
    let token = stream.resumeToken
    #expect(throws: MongoError.changeStreamHistoryLost) {
      try database.watch(collections: ["things"], resumeAfter: token)
    }
  }

  @Test(arguments: ["", "00", "82", "zz"])
  func `a token that the server never gave is lost history, not a reason to try again`(data: String) throws {
    let database = try TestDatabase.fresh()
    let token = BSONDocument { $0.append("_data", data) }
    #expect(throws: MongoError.changeStreamHistoryLost) {
      try database.watch(collections: ["things"], resumeAfter: token)
    }
  }

  @Test func `a dropped collection ends nothing`() throws {
    let database = try TestDatabase.fresh()
    let things = database.collection("things")
    _ = try things.insert([document(1)], deadline: .ofTest)
    let stream = try database.watch(collections: ["things"])
    try things.drop(deadline: .ofTest)
    var kinds: [String] = []
    let deadline = Deadline.ofTest
    while kinds.last != "invalidate", !deadline.hasPassed {
      if let event = try stream.next(maxAwaitMilliseconds: 1000) { kinds.append(event.string("operationType") ?? "") }
    }
    #expect(kinds == ["drop", "invalidate"])
    _ = try things.insert([document(2)], deadline: .ofTest)
    #expect(try ids(stream, count: 1) == [2])
  }

  @Test func `a server that is gone for long is an error after which the stream goes on`() throws {
    let server = try FaultyServer("gone")
    let database = try server.database(primaryPatienceMs: 300)
    let things = database.collection("things")
    let stream = try database.watch(collections: ["things"])
    _ = try things.insert([document(1)], deadline: .ofTest)
    try server.fail(["getMore", "aggregate"], times: 1_000_000) { $0.append("errorCode", 18) }
    #expect(throws: MongoError.unavailable(.authentication)) { try stream.next(maxAwaitMilliseconds: 100) }
    try server.heal()
    #expect(try ids(stream, count: 1) == [1])
  }
}
