import BSON
import Glibc
import MongoDB
import MongoTesting
import Testing

/// What the server, the network and the clock can do to a call. One server of their own; one fault at a time.
@Suite(.serialized) struct FaultTests {
  static let server = Result { () throws(MongoError) in try FaultyServer() }

  let server: FaultyServer
  let database: MongoDatabase
  let things: MongoCollection

  init() throws {
    server = try Self.server.get()
    try server.heal()
    database = try server.database()
    things = database.collection("things")
  }

  func document(_ id: Int) -> BSONDocument { BSONDocument { $0.append("_id", id) } }

  @Test(arguments: [91, 189, 10107, 11602, 11600, 13435])
  func `an insert outlives a change of primary`(code: Int) throws {
    try server.fail(["insert"], times: 1) { $0.append("errorCode", code) }
    let result = try things.insert([document(1), document(2)], deadline: .ofTest)
    #expect(result.insertedCount == 2 && result.duplicateIndexes.isEmpty && result.failures.isEmpty)
    #expect(try things.count(deadline: .ofTest) == 2)
  }

  @Test(arguments: ["insert", "find", "update", "findAndModify", "aggregate"])
  func `a connection that breaks is tried again`(command: String) throws {
    _ = try things.insert([document(0)], deadline: .ofTest)
    try server.fail([command], times: 1) { $0.append("closeConnection", true) }
    let increment = BSONDocument { $0.append("$inc") { $0.append("n", 1) } }
    #expect(try things.insert([document(1)], deadline: .ofTest).insertedCount == 1)
    #expect(try things.findOne(document(1), deadline: .ofTest) == document(1))
    try things.write([.update(filter: document(1), update: increment)], deadline: .ofTest)
    #expect(
      try things.findAndModify(filter: document(1), update: increment, returnNew: true, deadline: .ofTest)?.int("n")
        == 2)
    #expect(try things.count(deadline: .ofTest) == 2)
  }

  @Test func `a write whose answer was lost runs once`() throws {
    _ = try things.insert([document(1)], deadline: .ofTest)
    let increment = BSONDocument { $0.append("$inc") { $0.append("n", 1) } }
    // The server writes, then closes the connection instead of answering.
    try server.turnOn("onPrimaryTransactionalWrite", times: 1)
    try things.write([.update(filter: document(1), update: increment)], deadline: .ofTest)
    #expect(try things.findOne(document(1), deadline: .ofTest)?.int("n") == 1)
    try server.turnOn("onPrimaryTransactionalWrite", times: 1)
    let result = try things.insert([document(1), document(2)], deadline: .ofTest)
    #expect(result.insertedCount == 1 && result.duplicateIndexes == [0])
    try server.heal("onPrimaryTransactionalWrite")
  }

  // MARK: Write concern

  @Test(arguments: [64, 91, 11602])
  func `an insert that is not confirmed is sent again`(code: Int) throws {
    try server.fail(["insert"], times: 2) { writeConcernError(code, &$0) }
    let result = try things.insert([document(1), document(2)], deadline: .ofTest)
    #expect(result.insertedCount == 2 && result.duplicateIndexes.isEmpty)
  }

  @Test func `a duplicate beside a write concern error is acknowledged after a majority read`() throws {
    _ = try things.insert([document(1)], deadline: .ofTest)
    // For as long as the fault lasts, only the majority read can settle it.
    try server.fail(["insert"], times: 1000) { writeConcernError(11602, &$0) }
    let result = try things.insert([document(1)], deadline: .ofTest)
    #expect(result.duplicateIndexes == [0] && result.insertedCount == 0)
  }

  @Test func `a duplicate that no majority has is not acknowledged`() throws {
    // No new majority snapshots: what is written from now on could still be rolled back.
    try server.turnOn("disableSnapshotting")
    #expect(throws: MongoError.self) { try things.insert([document(1)], deadline: .after(milliseconds: 700)) }
    #expect(throws: MongoError.self) { try things.insert([document(1)], deadline: .after(milliseconds: 700)) }
    try server.heal("disableSnapshotting")
    let result = try things.insert([document(1)], deadline: .ofTest)
    #expect(result.insertedCount + result.duplicateIndexes.count == 1)
    #expect(try things.count(deadline: .ofTest) == 1)
  }

  @Test func `a write that nobody confirms throws at the deadline`() throws {
    _ = try things.insert([document(1)], deadline: .ofTest)
    try server.fail(["update", "findAndModify"], times: 100_000) { writeConcernError(64, &$0) }
    let update = BSONDocument { $0.append("$set") { $0.append("a", 1) } }
    #expect(throws: MongoError.writeConcernFailed(code: 64)) {
      try things.write([.update(filter: document(1), update: update)], deadline: .after(milliseconds: 200))
    }
    #expect(throws: MongoError.writeConcernFailed(code: 64)) {
      try things.findAndModify(filter: document(1), update: update, deadline: .after(milliseconds: 200))
    }
  }

  @Test func `a write concern that cannot be met is not tried again`() throws {
    try server.fail(["insert"], times: 2) { writeConcernError(100, &$0) }
    #expect(throws: MongoError.writeConcernFailed(code: 100)) { try things.insert([document(1)], deadline: .ofTest) }
  }

  private func writeConcernError(_ code: Int, _ data: inout BSONWriter) {
    data.append("writeConcernError") { error in
      error.append("code", code)
      error.append("errmsg", "made by the test")
    }
  }

  // MARK: Time

  @Test func `a slow server does not hold a call beyond its deadline`() throws {
    try server.fail(["find", "insert"], times: 2) {
      $0.append("blockConnection", true)
      $0.append("blockTimeMS", 3000)
    }
    let clock = ContinuousClock()
    let reading = clock.measure {
      #expect(throws: MongoError.deadlineExceeded) {
        try things.findOne(document(1), deadline: .after(milliseconds: 300))
      }
    }
    #expect(reading >= .milliseconds(290) && reading < .milliseconds(1500))
    let writing = clock.measure {
      #expect(throws: MongoError.self) { try things.insert([document(1)], deadline: .after(milliseconds: 300)) }
    }
    #expect(writing >= .milliseconds(290) && writing < .milliseconds(1500))
  }

  @Test func `a call that runs out of time is no word against the server`() throws {
    _ = try things.insert([document(1)], deadline: .ofTest)
    // A call at a time takes the whole pool: the one that goes on must be let go on.
    try server.fail(["find"], times: 1) {
      $0.append("blockConnection", true)
      $0.append("blockTimeMS", 1000)
    }
    #expect(throws: MongoError.deadlineExceeded) {
      try things.findOne(document(1), deadline: .after(milliseconds: 100))
    }
    for _ in 0..<50 {
      #expect(database.isWritable)
      // The other calls look every tenth of a second whether the primary is still there.
      usleep(10_000)
    }
  }

  @Test func `a query that takes too long is stopped by the server`() throws {
    _ = try things.insert((0..<2000).map(document), deadline: .ofTest)
    let larger = BSONDocument {
      $0.append("$match") { $0.append("$expr") { $0.append("$gt", ["$_id", "$$own"]) } }
    }
    let pairs = BSONDocument {
      $0.append("$lookup") {
        $0.append("from", "things")
        $0.append("let") { $0.append("own", "$_id") }
        $0.append("pipeline", [larger])
        $0.append("as", "others")
      }
    }
    let sorted = BSONDocument { $0.append("$sort") { $0.append("others", 1) } }
    #expect(throws: MongoError.deadlineExceeded) {
      try things.aggregate([pairs, sorted], deadline: .after(milliseconds: 200))
    }
  }

  @Test func `a deadline in the past fails at once`() {
    for call in [
      { try things.findOne(document(1), deadline: .after(milliseconds: 0)) as Any },
      { try things.insert([document(1)], deadline: .after(milliseconds: -5)) as Any },
    ] {
      #expect(throws: MongoError.deadlineExceeded) { try call() }
    }
  }

  // MARK: Cursors

  @Test func `a cursor that is lost midway is an error, not an end`() throws {
    _ = try things.insert((0..<100).map(document), deadline: .ofTest)
    try server.fail(["getMore"], times: 1) { $0.append("closeConnection", true) }
    var seen = 0
    #expect(throws: MongoError.unavailable(.network)) {
      try things.find(BSONDocument(), FindOptions(batchSize: 10), deadline: .ofTest) { _ in
        seen += 1
        return true
      }
    }
    #expect(seen == 10)
    #expect(try things.count(deadline: .ofTest) == 100)
  }
}
