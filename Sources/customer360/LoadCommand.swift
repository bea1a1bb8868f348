import ArgumentParser
import Glibc
import LoadClient

/// `customer360 load`: files into a running service.
struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Load files of customers, products, orders, events, ratings or interactions into a running service.",
    discussion: """
      Files are CSV, NDJSON or a JSON array, packed with gzip or not; '-' is standard input. They are recognized by their \
      first bytes, not by their names. Rows of CSV may use dotted columns such as address.city. Loading a file again is safe: \
      the service knows what it has.

      Every option may stand in the environment, as CUSTOMER360_ and its name in capitals: CUSTOMER360_URL, CUSTOMER360_KEY.

      Exit codes: 0 all is stored, 1 some lines were rejected (they are written down, with the reason), 2 an option or a file \
      is wrong or the service refuses everything, 3 no service answers.
      """)

  @Argument(help: "Files to load, one after the other; a folder stands for the data files in it.")
  var files: [String] = []

  @Option(help: "What the files hold: \(LoadKind.allCases.map(\.rawValue).joined(separator: ", ")).")
  var kind: String?

  @Option(help: "Address of the service. (default: http://127.0.0.1:8360)")
  var url: String?

  @Option(help: "API key. Better in the environment, where other users cannot see it.")
  var key: String?

  @Option(help: "JSON or YAML file that says what the columns of a foreign CSV file mean.")
  var map: String?

  @Option(help: "File for rejected lines. (default: FILE.rejected.ndjson)")
  var rejects: String?

  @Option(help: "Batches in flight, 1 to 16. (default: 3)")
  var connections: Int?

  @Option(help: "Items of a batch, 1 to 10000. (default: 1000)")
  var batchItems: Int?

  @Option(help: "Bytes of a batch, up to 8388608. (default: 1048576)")
  var batchBytes: Int?

  @Option(help: "How long a batch is tried again while the service is busy or away, in seconds. (default: 60)")
  var retrySeconds: Int?

  @Option(help: "PEM file of certificate authorities, for a service with its own.")
  var ca: String?

  @Flag(help: "Show the first ten records of each file as they stand and as they would be sent; send nothing.")
  var dryRun = false

  @Flag(
    help:
      "Go on with what is added to the files, and with files that appear, until SIGINT or SIGTERM. A restart reads nothing twice."
  )
  var watch = false

  @Option(help: "With --watch: file of the positions. (default: hidden beside the first file, or in the folder)")
  var positions: String?

  @Option(
    help: "With --watch: after so many seconds without a change a last line without an end is whole. (default: 60)")
  var settleSeconds: Int?

  @Flag(help: "Pack batches with gzip on the way.")
  var gzip = false

  @Flag(help: "Print nothing but the summary.")
  var quiet = false

  func run() throws {
    let summary: LoadSummary
    let failure: LoadError?
    var fileCount = 0
    do throws(LoadError) {
      guard !files.isEmpty else { throw .usage("name the files to load") }
      let options = try options()
      if try flag("watch", watch) { return try follow(options) }
      let paths = try InputFiles.expanding(files)
      if try flag("dry-run", dryRun) { return try show(paths, options) }
      let loader = try Loader(options)
      fileCount = paths.count
      let display = try ProgressDisplay(isQuiet: flag("quiet", quiet))
      (summary, failure) = loader.load(paths) { event in display.show(event) }
    } catch {
      (summary, failure) = (LoadSummary(), error)
    }
    if let failure {
      printError("customer360 load: \(failure.message)")
      if summary.rows > 0 { print("stopped after \(summary.text)") }
      throw ExitCode(failure.exitCode)
    }
    if fileCount > 1 { print("total: \(summary.text)") }
    if summary.rejected > 0 { throw ExitCode(1) }
  }

  /// Loads what is there and what comes, until a signal.
  private func follow(_ options: LoadOptions) throws(LoadError) {
    let seconds = try number("settle-seconds", settleSeconds) ?? 60
    guard (1...86_400).contains(seconds) else { throw .usage("--settle-seconds must be 1 to 86400") }
    let watcher = try Watcher(
      files, options, positionsPath: positions ?? Environment.string(forOption: "positions"), settleSeconds: seconds)
    let isQuiet = try flag("quiet", quiet)
    let signals = ServiceSignals.install()
    let summary = try watcher.run(
      isStopping: { signals.isEnding },
      report: { summary, problem in
        if let problem { printError("customer360 load: \(problem.message)") }
        if problem == nil, !isQuiet { print(summary.text) }
      })
    print("total: \(summary.text)")
  }

  /// Shows what a load would send.
  private func show(_ paths: [String], _ options: LoadOptions) throws(LoadError) {
    for path in paths {
      if paths.count > 1 { print(path) }
      print(try Preview(path, options: options).text, terminator: "")
    }
  }

  /// The options, from the command line, else the environment, else the defaults.
  private func options() throws(LoadError) -> LoadOptions {
    guard let name = kind ?? Environment.string(forOption: "kind") else { throw .usage("--kind is missing") }
    guard let kind = LoadKind(rawValue: name) else {
      throw .usage("--kind must be one of \(LoadKind.allCases.map(\.rawValue).joined(separator: ", ")), not \(name)")
    }
    var options = LoadOptions(kind: kind)
    options.url = url ?? Environment.string(forOption: "url") ?? options.url
    options.key = key ?? Environment.string(forOption: "key")
    options.rejectsPath = rejects ?? Environment.string(forOption: "rejects")
    options.authoritiesPath = ca ?? Environment.string(forOption: "ca")
    options.connections = try number("connections", connections) ?? options.connections
    options.batchItemsMax = try number("batch-items", batchItems) ?? options.batchItemsMax
    options.batchBytesMax = try number("batch-bytes", batchBytes) ?? options.batchBytesMax
    options.gzip = try flag("gzip", gzip)
    if let seconds = try number("retry-seconds", retrySeconds) {
      guard (0...86_400).contains(seconds) else { throw .usage("--retry-seconds must be 0 to 86400") }
      options.retry.patienceMs = seconds * 1000
    }
    if let path = map ?? Environment.string(forOption: "map") { options.mapping = try ColumnMapping(file: path) }
    return options
  }

  private func number(_ option: String, _ given: Int?) throws(LoadError) -> Int? {
    if let given { return given }
    do { return try Environment.int(forOption: option) } catch {
      throw .usage("\(Environment.name(ofOption: option)) must be a whole number")
    }
  }

  private func flag(_ option: String, _ isGiven: Bool) throws(LoadError) -> Bool {
    if isGiven { return true }
    do { return try Environment.flag(forOption: option) } catch {
      throw .usage("\(Environment.name(ofOption: option)) must be true or false")
    }
  }
}
