import BSON
import Dispatch
import Locks
import MongoDB
import MongoTesting
import Testing

@Suite struct TransactionTests {
  struct Stop: Error {}

  let database: MongoDatabase
  let accounts: MongoCollection

  init() throws {
    database = try TestDatabase.fresh()
    accounts = database.collection("accounts")
    let documents = ["a", "b"].map { id in
      BSONDocument {
        $0.append("_id", id)
        $0.append("amount", 100)
      }
    }
    _ = try accounts.insert(documents, deadline: .ofTest)
  }

  func identity(_ id: String) -> BSONDocument { BSONDocument { $0.append("_id", id) } }

  func add(_ amount: Int, to id: String) -> WriteStatement {
    .update(filter: identity(id), update: BSONDocument { $0.append("$inc") { $0.append("amount", amount) } })
  }

  func amount(_ id: String) throws -> Int? { try accounts.findOne(identity(id), deadline: .ofTest)?.int("amount") }

  @Test func `a transaction is seen as a whole`() throws {
    let seen = try database.withTransaction(deadline: .ofTest) { transaction in
      try transaction.write([add(-30, to: "a"), add(30, to: "b")], in: "accounts")
      try transaction.insert([BSONDocument { $0.append("_id", 1) }], into: "log")
      #expect(try amount("a") == 100)
      return try transaction.findOne(identity("a"), in: "accounts")?.int("amount")
    }
    #expect(seen == 70)
    #expect(try amount("a") == 70 && amount("b") == 130)
    #expect(try database.collection("log").count(deadline: .ofTest) == 1)
  }

  @Test func `statements of different kinds run in their order`() throws {
    let gone = WriteStatement.delete(filter: identity("a"))
    let back = WriteStatement.replace(
      filter: identity("a"),
      with: BSONDocument {
        $0.append("_id", "a")
        $0.append("amount", 1)
      }, upsert: true)
    let result = try database.withTransaction(deadline: .ofTest) { transaction in
      try transaction.write([add(5, to: "a"), add(5, to: "b"), gone, gone, back, add(2, to: "a")], in: "accounts")
    }
    #expect(try amount("a") == 3 && amount("b") == 105)
    #expect(result.deletedCount == 1 && result.matchedCount == 3 && result.upserted.map(\.index) == [4])
  }

  @Test func `an error rolls back`() throws {
    #expect(throws: Stop.self) {
      try database.withTransaction(deadline: .ofTest) { transaction in
        try transaction.write([add(-30, to: "a")], in: "accounts")
        throw Stop()
      }
    }
    #expect(throws: MongoError.duplicateKey) {
      try database.withTransaction(deadline: .ofTest) { transaction in
        try transaction.write([add(-30, to: "a")], in: "accounts")
        try transaction.insert([identity("b")], into: "accounts")
      }
    }
    #expect(try amount("a") == 100)
  }

  @Test func `transactions in each other's way run again until all are done`() throws {
    let failures = Guarded(0)
    DispatchQueue.concurrentPerform(iterations: 6) { _ in
      for _ in 0..<5 {
        do {
          try database.withTransaction(deadline: .ofTest) { transaction in
            guard let current = try transaction.findOne(identity("a"), in: "accounts")?.int("amount") else { return }
            let next = BSONDocument { $0.append("$set") { $0.append("amount", current + 1) } }
            try transaction.write([.update(filter: identity("a"), update: next)], in: "accounts")
          }
        } catch {
          failures.withLock { $0 += 1 }
        }
      }
    }
    #expect(failures.withLock { $0 } == 0)
    #expect(try amount("a") == 130)
  }

  @Test func `a body that does nothing commits nothing`() throws {
    #expect(try database.withTransaction(deadline: .ofTest) { _ in 7 } == 7)
  }

  @Test func `a commit whose answer was lost is asked for again`() throws {
    let server = try FaultyServer("commit")
    let database = try server.database()
    _ = try database.collection("log").insert([BSONDocument { $0.append("_id", 0) }], deadline: .ofTest)
    for fault in [11602, 91, 64] {
      try server.fail(["commitTransaction"], times: 1) { data in
        if fault == 64 {
          data.append("writeConcernError") {
            $0.append("code", 64)
            $0.append("errmsg", "made by the test")
          }
        } else {
          data.append("errorCode", fault)
        }
      }
      try database.withTransaction(deadline: .ofTest) { transaction in
        try transaction.insert([BSONDocument { $0.append("_id", fault) }], into: "log")
      }
    }
    #expect(try database.collection("log").count(deadline: .ofTest) == 4)
  }
}
