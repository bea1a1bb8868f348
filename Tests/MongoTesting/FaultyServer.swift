import BSON
import MongoDB

/// A mongod of a test's own, for faults that would disturb others.
public final class FaultyServer: Sendable {
  /// The server.
  public let mongod: PrivateMongod
  /// A pool that sets faults and takes them back.
  private let control: MongoDatabase

  /// Starts a server on a new folder.
  public init(_ name: String = "faulty") throws(MongoError) {
    let mongod = try PrivateMongod.start(
      dataFolder: TestFolder.make(name),
      options: .init(cacheMegabytes: 256, oplogMegabytes: 64, parameters: ["enableTestCommands": "1"]))
    self.mongod = mongod
    control = try MongoDatabase(uri: mongod.uri, database: "admin", poolSizeMax: 1, applicationName: "control")
  }

  deinit {
    mongod.kill()
  }

  /// A pool over this server, its faults included.
  public func database(poolSizeMax: Int = 8, primaryPatienceMs: Int = 30_000) throws(MongoError) -> MongoDatabase {
    try MongoDatabase(
      uri: mongod.uri, database: TestDatabase.freshName(), poolSizeMax: poolSizeMax, applicationName: "faulty",
      primaryPatienceMs: primaryPatienceMs)
  }

  /// Lets the next `times` of these commands fail as `fault` says, for pools of `database()` only.
  public func fail(_ commands: [String], times: Int, _ fault: (inout BSONWriter) -> Void) throws(MongoError) {
    try set("failCommand", mode: BSONDocument { $0.append("times", times) }) { data in
      data.append("failCommands", commands)
      data.append("appName", "faulty")
      fault(&data)
    }
  }

  /// Turns a fail point of the server on, for so many times or until `heal`.
  public func turnOn(_ name: String, times: Int? = nil) throws(MongoError) {
    try set(name, mode: times.map { times in BSONDocument { $0.append("times", times) } }) { _ in }
  }

  /// Turns a fail point off.
  public func heal(_ name: String = "failCommand") throws(MongoError) {
    let command = BSONDocument {
      $0.append("configureFailPoint", name)
      $0.append("mode", "off")
    }
    _ = try control.runAdmin(command, deadline: .ofTest)
  }

  private func set(
    _ name: String, mode: BSONDocument?, _ data: (inout BSONWriter) -> Void
  ) throws(MongoError) {
    let command = BSONDocument { writer in
      writer.append("configureFailPoint", name)
      if let mode { writer.append("mode", mode) } else { writer.append("mode", "alwaysOn") }
      writer.append("data") { (inner: inout BSONWriter) in data(&inner) }
    }
    _ = try control.runAdmin(command, deadline: .ofTest)
  }
}
