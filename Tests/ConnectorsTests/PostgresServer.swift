import Foundation
import MongoTesting

@testable import Connectors

/// A real PostgreSQL on a socket in a folder of its own, for the tests of this process.
enum PostgresServer {
  private static let folder = (12...18).reversed().map { "/usr/lib/postgresql/\($0)/bin" }
    .first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
  static var isThere: Bool {
    folder != nil && Programs.find(["/usr/sbin/runuser", "/sbin/runuser"]) != nil && geteuid() == 0
  }

  private static let started: Result<String, any Error> = Result {
    let (bin, runuser) = (folder ?? "", Programs.find(["/usr/sbin/runuser", "/sbin/runuser"]) ?? "")
    let data = "/tmp/customer360-postgres-\(getpid())"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    TestFolder.atExit { try? FileManager.default.removeItem(atPath: data) }
    try Programs.run("/bin/chown", ["postgres", data])
    let asPostgres = ["-u", "postgres", "--"]
    try Programs.run(
      runuser, asPostgres + ["\(bin)/initdb", "-D", data + "/db", "-A", "trust", "-U", "postgres", "--no-sync"])
    try Programs.start(
      runuser,
      asPostgres + ["\(bin)/postgres", "-D", data + "/db", "-k", data, "-c", "listen_addresses=", "-c", "fsync=off"],
      log: TestFolder.make("postgres") + "/log", signal: SIGINT)
    let dsn = "host=\(data) user=postgres dbname=postgres"
    for _ in 0..<300 {
      if (try? PostgresReader(dsn: dsn)) != nil { return dsn }
      // A server on its way up tells nobody; it is asked again.
      usleep(50_000)
    }
    throw ProgramFailed(text: "PostgreSQL did not start")
  }

  static var dsn: String { get throws { try started.get() } }

  /// Runs statements as the shop's own program would.
  static func sql(_ statements: String) throws {
    try Programs.run((folder ?? "") + "/psql", ["-q", "-v", "ON_ERROR_STOP=1", "-d", try dsn, "-c", statements])
  }
}
