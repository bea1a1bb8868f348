import ArgumentParser
import BSON
import Glibc
import LoadClient
import MongoDB
import Store

/// `customer360 doctor`: what is wrong, and what to do.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check MongoDB, replica set, indexes, clock and disk, and say what to do.",
    discussion: """
      Exits with 0 when all is well, with 1 when something must be done.

      EXAMPLES
        customer360 doctor
        customer360 doctor --mongodb-uri 'mongodb://db1,db2,db3/?replicaSet=rs0'
      """)

  @OptionGroup var database: DatabaseOptions

  @Flag(help: "Only ask the running service whether it lives: the health check of a container.")
  var probe = false

  @Flag(help: "Only print the connection string of the private MongoDB of a running service.")
  var printUri = false

  @Option(help: "The service that --probe asks. (default: http://127.0.0.1:8360)")
  var url: String?

  func run() throws {
    if probe { return try askService() }
    if printUri {
      guard let uri = PrivateMongod.runningURI(dataFolder: database.dataFolder + "/mongodb") else {
        throw Failure("no service runs a private MongoDB under \(database.dataFolder)")
      }
      return StandardOutput.write(uri + "\n")
    }
    var isWell = checkDisk()
    do {
      try database.withStore { store in
        for finding in try store.examine(clock: WallClock.now(), deadline: .after(milliseconds: 8000)) {
          report(finding.isWell, finding.subject, finding.text)
          if !finding.isWell { isWell = false }
        }
      }
    } catch let failure as Failure {
      report(false, "mongodb", failure.description)
      isWell = false
    }
    if !isWell { throw ExitCode(1) }
  }

  private func report(_ isWell: Bool, _ subject: String, _ text: String) {
    StandardOutput.write("\(isWell ? "ok  " : "BAD ") \(subject): \(text)\n")
  }

  /// The private MongoDB needs room in the data folder.
  private func checkDisk() -> Bool {
    guard database.uri == nil else { return true }
    var space = statvfs()
    // The path is read during the call, the struct filled by it.
    guard unsafe statvfs(database.dataFolder, &space) == 0 else {
      report(true, "disk", "\(database.dataFolder) does not exist yet")
      return true
    }
    let megabytes = (Int(space.f_bavail) * Int(space.f_frsize)) >> 20
    let isWell = megabytes >= 1024
    report(isWell, "disk", "\(megabytes) MiB free under \(database.dataFolder)\(isWell ? "" : "; free at least 1 GiB")")
    return isWell
  }

  private func askService() throws {
    let url =
      self.url ?? Environment.string(forOption: "url")
      ?? "http://127.0.0.1:\(Environment.string(forOption: "port") ?? "8360")"
    guard let answer = try? ServiceClient(url: url).get("/livez"), answer.status == 200 else { throw ExitCode(1) }
  }
}
