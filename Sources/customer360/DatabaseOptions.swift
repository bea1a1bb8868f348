import ArgumentParser
import Glibc
import Logging
import MongoDB
import Store

/// Where the data are: options that every command on a database shares.
struct DatabaseOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder of the private MongoDB; other files in it are left alone. (default: ./data)", valueName: "folder"))
  var dataDir: String?

  @Option(help: ArgumentHelp("A replica set of your own instead of the private MongoDB.", valueName: "uri"))
  var mongodbUri: String?

  @Option(help: ArgumentHelp("Database. (default: customer360)", valueName: "name"))
  var database: String?

  /// The name of the database.
  func databaseName() throws -> String {
    let name = database ?? Environment.string(forOption: "database") ?? "customer360"
    // What MongoDB allows on every system, and nothing that reads like an option.
    let isPlain = name.utf8.allSatisfy { byte in
      (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
        || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "-")
    }
    guard isPlain, (1...63).contains(name.utf8.count), !["admin", "local", "config"].contains(name) else {
      throw ValidationError("--database must be 1 to 63 letters, digits, '-' or '_', and not admin, local or config")
    }
    return name
  }

  var dataFolder: String { dataDir ?? Environment.string(forOption: "data-dir") ?? "./data" }

  var uri: String? { mongodbUri ?? Environment.string(forOption: "mongodb-uri") }

  /// Opens the database, starting the private one, whose stop is then this process's task.
  func open(log: Logger) throws -> DatabaseAccess {
    let name = try databaseName()
    if let uri {
      return DatabaseAccess(
        database: try Self.explained { () throws(MongoError) in try MongoDatabase(uri: uri, database: name) })
    }
    let folder = dataFolder
    if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST {  // the path is read during the call
      throw Failure("cannot make the data folder \(folder): errno \(errno)")
    }
    return try Self.explained { () throws(MongoError) in
      let server = try PrivateMongod.start(dataFolder: folder + "/mongodb", logger: log)
      return DatabaseAccess(database: try MongoDatabase(uri: server.uri, database: name), server: server)
    }
  }

  /// Runs `body` on the database: on that of a running service when there is one, else on one started for the occasion.
  func withStore(_ body: (Store) throws -> Void) throws {
    JSONLogHandler.bootstrap(level: .warning)
    let access: DatabaseAccess
    if uri == nil, let running = PrivateMongod.runningURI(dataFolder: dataFolder + "/mongodb") {
      let name = try databaseName()
      access = DatabaseAccess(
        database: try Self.explained { () throws(MongoError) in try MongoDatabase(uri: running, database: name) })
    } else {
      access = try open(log: Logger(label: "customer360"))
    }
    defer { access.close() }
    do {
      let store = Store(access.database)
      try store.prepare(deadline: .after(milliseconds: 60_000))
      try body(store)
    } catch StoreError.database(let error) {
      throw Self.explanation(of: error)
    }
  }

  static func explained<R>(_ body: () throws(MongoError) -> R) throws -> R {
    do {
      return try body()
    } catch {
      throw explanation(of: error)
    }
  }

  /// What to do about it, in one line.
  static func explanation(of error: MongoError) -> Failure {
    switch error {
    case .privateServer(.notFound(let searched)):
      Failure(
        "mongod is missing (looked in \(searched.joined(separator: ", "))): run 'make setup', or give --mongodb-uri")
    case .privateServer(.dataFolderInUse(let folder)):
      Failure("\(folder) is in use by another service: stop it, or choose another --data-dir")
    case .privateServer(.dataFolder(let path, let number)): Failure("cannot use \(path): errno \(number)")
    case .privateServer(.ended(_, let log)), .privateServer(.notReady(let log)):
      Failure("the private mongod did not start: see \(log)")
    case .invalidConfiguration(let text): Failure("the MongoDB URI is not usable: \(text)")
    case .unavailable(.authentication): Failure("MongoDB refuses the credentials of the URI")
    case .unavailable: Failure("MongoDB cannot be reached: see 'customer360 doctor'")
    default: Failure("MongoDB: \(error)")
    }
  }
}

/// An open database, and the private server if this process runs it.
final class DatabaseAccess: Sendable {
  let database: MongoDatabase
  private let server: PrivateMongod?

  init(database: MongoDatabase, server: PrivateMongod? = nil) {
    self.database = database
    self.server = server
  }

  /// Whether this process runs the server.
  var isPrivate: Bool { server != nil }

  /// Stops the private server.
  func close() { server?.stop() }
}
