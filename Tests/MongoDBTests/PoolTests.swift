import BSON
import Dispatch
import Locks
import MongoDB
import MongoTesting
import Testing

@Suite struct PoolTests {
  @Test func `a call that finds every client in use waits for its deadline and no longer`() throws {
    let database = try MongoDatabase(
      uri: try TestDatabase.uri, database: TestDatabase.freshName(), poolSizeMax: 1, changeStreamsMax: 0)
    let things = database.collection("things")
    _ = try things.insert([BSONDocument { $0.append("_id", 1) }], deadline: .ofTest)
    var waited = Duration.zero
    try things.find(BSONDocument(), deadline: .ofTest) { _ in
      // The only client is busy with this very cursor.
      waited = ContinuousClock().measure {
        #expect(throws: MongoError.unavailable(.poolExhausted)) {
          try things.count(deadline: .after(milliseconds: 200))
        }
      }
      return true
    }
    #expect(waited >= .milliseconds(199) && waited < .milliseconds(1000))
    #expect(try things.count(deadline: .ofTest) == 1)
    #expect(database.clients == (0, 1))
  }

  @Test func `an error in the middle of a cursor gives the client back`() throws {
    struct Stop: Error {}
    let database = try MongoDatabase(
      uri: try TestDatabase.uri, database: TestDatabase.freshName(), poolSizeMax: 1, changeStreamsMax: 0)
    let things = database.collection("things")
    _ = try things.insert((0..<50).map { id in BSONDocument { $0.append("_id", id) } }, deadline: .ofTest)
    for _ in 0..<3 {
      #expect(throws: Stop.self) {
        try things.find(BSONDocument(), FindOptions(batchSize: 2), deadline: .ofTest) { _ in throw Stop() }
      }
    }
    #expect(try things.count(deadline: .ofTest) == 50)
  }

  @Test func `many threads share few clients`() throws {
    let database = try MongoDatabase(
      uri: try TestDatabase.uri, database: TestDatabase.freshName(), poolSizeMax: 3, changeStreamsMax: 0)
    let things = database.collection("things")
    let failures = Guarded(0)
    DispatchQueue.concurrentPerform(iterations: 12) { thread in
      for number in 0..<30 {
        let document = BSONDocument { $0.append("_id", thread * 1000 + number) }
        do {
          _ = try things.insert([document], deadline: .ofTest)
          if try things.findOne(document, deadline: .ofTest) != document { failures.withLock { $0 += 1 } }
        } catch {
          failures.withLock { $0 += 1 }
        }
      }
    }
    #expect(failures.withLock { $0 } == 0)
    #expect(try things.count(deadline: .ofTest) == 360)
    #expect(database.clients.made <= 3)
  }

  @Test func `the same documents inserted five times at once are stored once`() throws {
    let things = try TestDatabase.fresh().collection("things")
    let documents = (0..<100).map { id in BSONDocument { $0.append("_id", id) } }
    let totals = Guarded((inserted: 0, duplicates: 0))
    DispatchQueue.concurrentPerform(iterations: 5) { _ in
      guard let result = try? things.insert(documents, deadline: .ofTest) else { return }
      totals.withLock {
        $0.inserted += result.insertedCount
        $0.duplicates += result.duplicateIndexes.count
      }
    }
    #expect(totals.withLock { $0 } == (100, 400))
    #expect(try things.count(deadline: .ofTest) == 100)
  }

  @Test func `a server that is not there fails within the patience, and then at once`() throws {
    let database = try MongoDatabase(
      uri: "mongodb://%2Ftmp%2Fno-such-folder%2Fmongod.sock/?directConnection=true", database: "x",
      primaryPatienceMs: 300)
    #expect(!database.isWritable)
    let first = ContinuousClock().measure {
      #expect(throws: MongoError.unavailable(.noPrimary)) { try database.ping(deadline: .ofTest) }
    }
    #expect(first >= .milliseconds(290) && first < .milliseconds(2000))
    let second = ContinuousClock().measure {
      #expect(throws: MongoError.unavailable(.noPrimary)) { try database.ping(deadline: .ofTest) }
    }
    #expect(second < .milliseconds(100))
  }

  @Test func `a wrong password is told apart and not tried again`() throws {
    let server = try TestDatabase.uri
    let uri = server.replacing("mongodb://", with: "mongodb://nobody:wrong@")
    let database = try MongoDatabase(uri: uri, database: "x")
    let time = ContinuousClock().measure {
      #expect(throws: MongoError.unavailable(.authentication)) { try database.ping(deadline: .ofTest) }
    }
    #expect(time < .seconds(5))
  }

  @Test func `a password that is refused is tried ever more rarely, and soon after it is right`() throws {
    let plain = try TestDatabase.fresh()
    let user = plain.name
    let uri = try TestDatabase.uri.replacing("mongodb://", with: "mongodb://\(user):secret@") + "&authSource=\(user)"
    let database = try MongoDatabase(uri: uri, database: user)
    func attempts() throws -> Int {
      let status = try plain.runAdmin(BSONDocument { $0.append("serverStatus", 1) }, deadline: .ofTest)
      let mechanisms = status.document("security")?.document("authentication")?.document("mechanisms")
      return ["SCRAM-SHA-1", "SCRAM-SHA-256"].reduce(0) { sum, name in
        sum + (mechanisms?.document(name)?.document("authenticate")?.int("received") ?? 0)
      }
    }
    let before = try attempts()
    let end = ContinuousClock.now + .milliseconds(3000)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      while ContinuousClock.now < end {
        #expect(throws: MongoError.self) { try database.ping(deadline: .after(milliseconds: 2000)) }
      }
    }
    // Without a pause eight callers would try some fifty times. Other tests of this process try a wrong password, too.
    let tried = try attempts() - before
    #expect((1...20).contains(tried), "\(tried) tries")
    _ = try plain.run(
      BSONDocument {
        $0.append("createUser", user)
        $0.append("pwd", "secret")
        $0.append("roles", ["readWrite"])
      }, deadline: .ofTest)
    let deadline = Deadline.after(milliseconds: 10_000)
    while (try? database.ping(deadline: .after(milliseconds: 2000))) == nil { try #require(!deadline.hasPassed) }
  }

  @Test(arguments: [
    "", "localhost", "http://localhost", "mongodb://", "mongodb://a:b:c@localhost", "mongodb://localhost/?replicaSet=",
    "mongodb://user@:27017",
  ])
  func `a connection string that makes no sense is refused at once`(uri: String) {
    #expect(throws: MongoError.self) { try MongoDatabase(uri: uri, database: "x") }
  }

  @Test func `no error repeats a password`() {
    do {
      _ = try MongoDatabase(uri: "mongodb://ann:se:cret@localhost", database: "x")
      Issue.record("it was read")
    } catch {
      #expect(!"\(error)".contains("cret"))
    }
  }

  @Test(arguments: ["", "a b", "a.b", "a$b", "a/b", "a\u{0}b", String(repeating: "x", count: 64)])
  func `a database name that the server would refuse is refused at once`(name: String) {
    #expect(throws: MongoError.self) { try MongoDatabase(uri: "mongodb://localhost", database: name) }
  }
}
