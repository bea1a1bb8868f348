import ArgumentParser
import Avro
import BSON
import Glibc
import MongoDB
import Models
import Store

/// `customer360 export`: NDJSON of what is stored.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write customers, what they did, or what models say of them as NDJSON.",
    discussion: """
      EXAMPLES
        customer360 export --kind customers > customers.ndjson
        customer360 export --kind events --out events.ndjson
        customer360 export --kind recommendations --out recommendations.ndjson
        customer360 export --for-training --out training
        customer360 export --for-training --format avro --out training
      """)

  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case customers, events, orders, products, ratings, interactions, records, segments, recommendations
  }

  @OptionGroup var database: DatabaseOptions

  @Option(help: "What to write: \(Kind.allCases.map(\.rawValue).joined(separator: ", ")).")
  var kind: Kind?

  @Option(help: "The file to write, with --for-training the folder; standard output when not given.")
  var out: String?

  @Flag(help: "Write interactions.ndjson and customers.ndjson, what models are trained on, into the folder --out.")
  var forTraining = false

  enum Format: String, CaseIterable, ExpressibleByArgument {
    case ndjson, avro
  }

  @Option(help: "With --for-training: ndjson, or avro (object container files, deflate).")
  var format: Format = .ndjson

  func validate() throws {
    guard forTraining == (kind == nil) else { throw ValidationError("give either --kind or --for-training") }
    if forTraining, out == nil { throw ValidationError("--for-training needs a folder: --out DIR") }
    if !forTraining, format == .avro { throw ValidationError("--format avro goes with --for-training") }
  }

  func run() throws {
    if let kind {
      try database.withStore { store in
        try save(to: out, "\(kind.rawValue)") { body in
          try store.forEachExported(kind.exported, deadline: .after(milliseconds: 24 * 3600 * 1000), body)
        }
      }
      return
    }
    let folder = out ?? "."
    // The path is read during the call.
    if unsafe mkdir(folder, 0o700) != 0, errno != EEXIST { throw Failure("cannot make \(folder): errno \(errno)") }
    try database.withStore { store in
      let export = TrainingExport(store: store)
      let name = format.rawValue
      try save(to: "\(folder)/interactions.\(name)", "interactions", as: training(TrainingSchemas.interaction)) {
        try export.forEachInteraction($0)
      }
      try save(to: "\(folder)/customers.\(name)", "customers", as: training(TrainingSchemas.customer)) {
        try export.forEachCustomer($0)
      }
    }
  }

  /// The schema of a file for training; nil where it is NDJSON.
  private func training(_ schema: AvroSchema) -> AvroSchema? { format == .avro ? schema : nil }

  /// Writes whatever `each` hands over: a line a document, or a record of a schema.
  private func save(
    to path: String?, _ what: String, as schema: AvroSchema? = nil, each: ((BSONDocument) throws -> Void) throws -> Void
  ) throws {
    let file = try output(path)
    defer { if file != STDOUT_FILENO { close(file) } }
    var written = 0
    var buffer: [UInt8] = []
    let line = ProgressLine()
    var avro = schema.map { AvroWriter($0, sync: (0..<AvroWriter.syncBytes).map { _ in .random(in: 0...255) }) }
    try each { document in
      if let schema {
        avro?.append(TrainingSchemas.record(document, schema))
        buffer += avro?.take() ?? []
      } else {
        JSONEncoding.append(document, to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
      }
      written += 1
      if buffer.count > 1 << 20 {
        try flush(&buffer, to: file)
        if file != STDOUT_FILENO { line.show("\(written) written") }
      }
    }
    buffer += avro?.finish() ?? []
    try flush(&buffer, to: file)
    if file != STDOUT_FILENO { line.end("\(written) \(what) written to \(path ?? "")") }
  }

  private func output(_ out: String?) throws -> Int32 {
    guard let out else { return STDOUT_FILENO }
    // The path is read during the call.
    let file = unsafe open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Failure("cannot write \(out): errno \(errno)") }
    return file
  }

  private func flush(_ buffer: inout [UInt8], to file: Int32) throws {
    var rest = buffer[...]
    while !rest.isEmpty {
      // The slice lives through the call.
      let count = unsafe rest.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw Failure("cannot write: errno \(errno)") }
      rest = rest.dropFirst(count)
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

extension ExportCommand.Kind {
  var exported: ExportedCollection {
    switch self {
    case .customers: .customers
    case .events: .events
    case .orders: .orders
    case .products: .products
    case .ratings: .ratings
    case .interactions: .interactions
    case .records: .records
    case .segments: .segments
    case .recommendations: .recommendations
    }
  }
}
