import ArgumentParser
import BSON
import Glibc
import LoadClient
import MongoDB
import SampleRetailer
import Store

/// `customer360 demo`: the service with a sample retailer in it.
struct DemoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Run the service with a sample retailer: load, train, serve until Ctrl-C.",
    discussion: """
      Everything is kept under the data folder; run again, it goes on with the same data.

      EXAMPLES
        customer360 demo
        customer360 demo --port 9000 --data-dir /tmp/demo
      """)

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var serving: ServingOptions

  /// The setting under which the state of the demonstration is kept.
  private static let setting = "demo"

  func run() throws {
    let signals = ServiceSignals.install()
    let service = try RunningService(database: database, serving: serving, defaultLogLevel: "warning")
    defer { service.stop() }
    try service.start()
    StandardOutput.write("listening on \(service.url)\n")
    do {
      try prepare(service, signals)
    } catch is Interrupted {
      return
    }
    try show(service)
    signals.waitForEnd()
    StandardOutput.write("\nstopping\n")
  }

  private struct Interrupted: Error {}

  /// Loads and trains what is not there yet. Each step can be repeated, so an interrupted one is.
  private func prepare(_ service: RunningService, _ signals: ServiceSignals) throws {
    let deadline = Deadline.after(milliseconds: 60_000)
    while !service.isReady { try wait(signals, deadline, "the service did not become ready") }
    if try service.store.setting(Self.setting, deadline: .after(milliseconds: 8000))?.bool("done") == true {
      return StandardOutput.write("the sample retailer is loaded already\n")
    }
    try load(service, signals)
    try waitForProjection(service, signals)
    let training = ModelTraining(client: ServiceClient(url: service.url))
    _ = try training.train("kmeans", body: #"{"options":{"NUM_CLUSTERS":4},"seed":360}"#)
    _ = try training.train("matrix_factorization", body: #"{"options":{"FEEDBACK_TYPE":"IMPLICIT"},"seed":360}"#)
    try service.store.setSetting(
      Self.setting, BSONDocument { $0.append("done", true) }, deadline: .after(milliseconds: 8000))
  }

  private func load(_ service: RunningService, _ signals: ServiceSignals) throws {
    let folder = database.dataFolder + "/sample"
    // The path is read during the call.
    if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST { throw Failure("cannot make \(folder): errno \(errno)") }
    let retailer = SampleRetailer()
    let display = ProgressDisplay(isQuiet: false)
    for (file, kind) in [
      (SampleFile.customers, LoadKind.customers), (.products, .products), (.orders, .orders), (.events, .events),
      (.ratings, .ratings),
    ] {
      if signals.isEnding { throw Interrupted() }
      let path = "\(folder)/\(file.fileName)"
      let output = try OutputFile(creating: path)
      _ = try retailer.write(file) { (chunk) throws(SystemError) in try output.write(chunk) }
      var options = LoadOptions(kind: kind)
      options.url = service.url
      let (summary, failure) = try Loader(options).load([path]) { display.show($0) }
      if let failure { throw Failure(failure.message) }
      if summary.rejected > 0 { throw Failure("\(summary.rejected) lines of \(path) were rejected") }
      // The path is read during the call.
      _ = unsafe unlink(path)
    }
  }

  private func waitForProjection(_ service: RunningService, _ signals: ServiceSignals) throws {
    let line = ProgressLine()
    let deadline = Deadline.after(milliseconds: 600_000)
    var quiet = 0
    var applied = -1
    while quiet < 5 {
      let status = service.projector?.status
      let now = status?.changesApplied ?? 0
      quiet = status?.isCaughtUp == true && now == applied ? quiet + 1 : 0
      applied = now
      line.show("customers: \(status?.customersWritten ?? 0) written")
      try wait(signals, deadline, "the customers did not become current")
    }
    let count = try service.store.projections.customerCount(deadline: .after(milliseconds: 8000))
    line.end("customers: \(count) current")
  }

  private func wait(_ signals: ServiceSignals, _ deadline: Deadline, _ failure: String) throws {
    if signals.isEnding { throw Interrupted() }
    if deadline.hasPassed { throw Failure(failure) }
    usleep(200_000)
  }

  /// Five calls that show what there is.
  private func show(_ service: RunningService) throws {
    var example: BSONDocument?
    try service.store.projections.forEachCustomer(limit: 50, deadline: .after(milliseconds: 8000)) { customer in
      let orders = customer.document("features")?.int("no_of_orders") ?? 0
      if customer.string("email") != nil, orders > (example?.document("features")?.int("no_of_orders") ?? 0) {
        example = customer
      }
    }
    let id = example?.string("_id") ?? ""
    let email = example?.string("email") ?? ""
    StandardOutput.write(
      """

      Try, in another terminal:
        curl '\(service.url)/customers/lookup?email=\(email)'
        curl '\(service.url)/customers/\(id)?expand=segments'
        curl '\(service.url)/customers/\(id)/recommendations?n=3&explain=true'
        curl '\(service.url)/customers/\(id)/timeline?limit=3'
        curl '\(service.url)/segments'
      Documentation: \(service.url)/docs. Ctrl-C ends it; run again, it goes on with the same data.

      """)
  }
}
