import BSON
import Glibc
import MongoDB
import Synchronization

/// A real mongod for the tests of this process: started when first asked for, killed when the process ends.
public enum TestDatabase {
  private struct Server {
    let mongod: PrivateMongod
    let pool: MongoDatabase
  }

  private static let server: Result<Server, MongoError> = Result { () throws(MongoError) in
    let folder = TestFolder.make("mongod")
    let mongod = try PrivateMongod.start(
      dataFolder: folder,
      options: .init(
        cacheMegabytes: 256, oplogMegabytes: 64,
        parameters: [
          "enableTestCommands": "1",
          // A process of tests makes hundreds of databases with some sixty files each; by default a file that nobody uses stays open for
          // ten minutes, and mongod aborts when it has no descriptor left.
          "wiredTigerFileHandleCloseIdleTime": "20", "wiredTigerFileHandleCloseScanInterval": "5",
        ]))
    TestFolder.atExit { mongod.kill() }
    return Server(mongod: mongod, pool: try MongoDatabase(uri: mongod.uri, database: "test", changeStreamsMax: 32))
  }

  private static let count = Atomic(0)

  /// The connection string of the server.
  public static var uri: String {
    get throws(MongoError) { try server.get().mongod.uri }
  }

  /// A database that no other test uses, over a pool that all share.
  public static func fresh() throws(MongoError) -> MongoDatabase {
    MongoDatabase(sharing: try server.get().pool, database: freshName())
  }

  /// A database name that no other test uses.
  public static func freshName() -> String {
    "test_\(getpid())_\(count.add(1, ordering: .relaxed).newValue)"
  }
}

extension Deadline {
  /// Long enough for anything a test does that should succeed.
  public static var ofTest: Deadline { .after(milliseconds: 30_000) }
}
