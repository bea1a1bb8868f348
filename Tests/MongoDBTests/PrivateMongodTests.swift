import BSON
import FoundationEssentials
import Glibc
import MongoTesting
import Testing

@testable import MongoDB

@Suite struct PrivateMongodTests {
  static let options = PrivateMongod.Options(cacheMegabytes: 256, oplogMegabytes: 64)

  func insert(_ id: Int, _ uri: String) throws -> InsertResult {
    let database = try MongoDatabase(uri: uri, database: "x")
    return try database.collection("things").insert([BSONDocument { $0.append("_id", id) }], deadline: .ofTest)
  }

  @Test func `what was stored is there after a stop, a kill and a move of the folder`() throws {
    var folder = TestFolder.make("restart") + "/data"
    for round in 0..<4 {
      let mongod = try PrivateMongod.start(dataFolder: folder, options: Self.options)
      #expect(try insert(round, mongod.uri).insertedCount == 1)
      let database = try MongoDatabase(uri: mongod.uri, database: "x")
      #expect(try database.collection("things").count(deadline: .ofTest) == round + 1)
      if round == 1 { mongod.kill() } else { mongod.stop() }
      #expect(mongod.pid == 0)
      mongod.stop()
      if round == 2 {
        let moved = TestFolder.make("moved") + "/" + String(repeating: "long-", count: 24)
        try FileManager.default.moveItem(atPath: folder, toPath: moved)
        folder = moved
      }
    }
  }

  @Test func `a server that dies is started again`() throws {
    let mongod = try PrivateMongod.start(dataFolder: TestFolder.make("crash"), options: Self.options)
    let database = try MongoDatabase(uri: mongod.uri, database: "x", primaryPatienceMs: 30_000)
    let things = database.collection("things")
    for round in 0..<3 {
      _ = try things.insert([BSONDocument { $0.append("_id", round) }], deadline: .ofTest)
      mongod.crash()
    }
    #expect(try things.count(deadline: .ofTest) == 3)
    mongod.kill()
  }

  @Test func `a folder in use is refused`() throws {
    let folder = TestFolder.make("in-use")
    let mongod = try PrivateMongod.start(dataFolder: folder, options: Self.options)
    #expect(throws: MongoError.privateServer(.dataFolderInUse(folder))) {
      try PrivateMongod.start(dataFolder: folder, options: Self.options)
    }
    #expect(try insert(1, mongod.uri).insertedCount == 1)
    mongod.kill()
  }

  /// A mongod as a service leaves it that was killed before its parent-death signal could be sent.
  private func leftover(_ folder: String) throws -> MongodProcess {
    try FileManager.default.createDirectory(atPath: folder + "/db", withIntermediateDirectories: true)
    let process = try MongodProcess(
      arguments: [
        try MongodLocation.find(), "--dbpath", "db", "--bind_ip", "./mongod.sock", "--replSet", "customer360",
        "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64",
      ], directory: folder, logPath: folder + "/mongod.log")
    let deadline = Deadline.ofTest
    while !FileManager.default.fileExists(atPath: folder + "/mongod.sock"), !deadline.hasPassed {
      #expect(!process.hasEnded(by: .after(milliseconds: 5)))
    }
    return process
  }

  @Test func `a leftover of our own is removed`() throws {
    let folder = TestFolder.make("leftover")
    let process = try leftover(folder)
    let stamp = try String(contentsOfFile: "/proc/\(process.pid)/stat", encoding: .utf8)
    let start = stamp.split(separator: ")").last?.split(separator: " ")[19] ?? ""
    try "\(process.pid) \(start)\n".write(toFile: folder + "/mongod.pid", atomically: false, encoding: .utf8)
    let mongod = try PrivateMongod.start(dataFolder: folder, options: Self.options)
    #expect(process.hasEnded(by: .ofTest))
    #expect(try insert(1, mongod.uri).insertedCount == 1)
    mongod.kill()
  }

  @Test func `a mongod that is not ours is left alone`() throws {
    let folder = TestFolder.make("foreign")
    let process = try leftover(folder)
    try "\(getpid()) 1\n".write(toFile: folder + "/mongod.pid", atomically: false, encoding: .utf8)
    #expect(throws: MongoError.privateServer(.dataFolderInUse(folder))) {
      try PrivateMongod.start(dataFolder: folder, options: Self.options)
    }
    #expect(process.pid != 0)
    process.stop(gracefullyUntil: nil)
  }

  @Test func `a server that cannot start says where its log is`() throws {
    let folder = TestFolder.make("broken")
    var options = Self.options
    options.parameters = ["noSuchParameter": "1"]
    do {
      _ = try PrivateMongod.start(dataFolder: folder, options: options)
      Issue.record("it started")
    } catch .privateServer(.ended(let status, let log)) {
      #expect(status != 0)
      #expect(try String(contentsOfFile: log, encoding: .utf8).contains("noSuchParameter"))
    }
  }

  @Test func `a folder that cannot be made is refused`() {
    #expect(throws: MongoError.privateServer(.dataFolder("/proc/nothing", errno: ENOENT))) {
      try PrivateMongod.start(dataFolder: "/proc/nothing/here")
    }
  }

  @Test func `JavaScript is off`() throws {
    let things = try TestDatabase.fresh().collection("things")
    _ = try things.insert([BSONDocument { $0.append("_id", 1) }], deadline: .ofTest)
    let time = ContinuousClock().measure {
      #expect(throws: MongoError.self) {
        try things.findOne(BSONDocument { $0.append("$where", "sleep(5000) || true") }, deadline: .ofTest)
      }
    }
    #expect(time < .milliseconds(500))
  }
}
