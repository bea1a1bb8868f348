import ArgumentParser
import Connectors
import Glibc
import Ingestion
import Store

/// `customer360 pull …`: sources that are asked.
struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Read customers, orders, … from PostgreSQL, or e-mails from a mailbox, where the last run ended.",
    subcommands: [PullPostgresCommand.self, PullIMAPCommand.self])
}

/// What every pull takes.
struct PullOptions: ParsableArguments {
  @OptionGroup var database: DatabaseOptions

  @Option(help: "Name of the source; its position is kept under it.")
  var name: String

  @Option(
    help: ArgumentHelp(
      "Ask again after so many seconds, until SIGINT or SIGTERM. (default: once)", valueName: "seconds"))
  var follow: Int?

  @Option(help: "File for refused items, as NDJSON. (default: NAME.rejected.ndjson)")
  var rejects: String?

  func validate() throws {
    let isPlain = name.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x5F
    }
    guard isPlain, (1...64).contains(name.utf8.count) else {
      throw ValidationError("--name must be 1 to 64 letters, digits, '-' or '_'")
    }
    if let follow, !(1...86_400).contains(follow) { throw ValidationError("--follow must be 1 to 86400") }
  }

  /// Runs a pull once or again and again; the last line tells what it brought. Exit code 1 when items were refused.
  func run(type: String, kind: String, _ pull: (inout PullLedger) throws(PullError) -> Void) throws {
    let follow = try self.follow ?? Environment.int(forOption: "follow")
    let rejects = RefusedItems(
      path: self.rejects ?? Environment.string(forOption: "rejects") ?? "\(name).rejected.ndjson")
    var refused = 0
    try database.withStore { store in
      do throws(PullError) {
        var ledger = try PullLedger(
          name: name, type: type, kind: kind, store: store, ingestor: Ingestor(store: store), clock: WallClock.now,
          refused: { (items) throws(PullError) in try rejects.append(items) })
        let before = ledger.source
        repeat {
          do throws(PullError) {
            try pull(&ledger)
          } catch {
            try ledger.fail(error)
            // A source that is away comes back; a wrong option does not become right.
            guard follow != nil, case .source = error else { throw error }
            printError("customer360 pull: \(error.message)")
          }
          let now = ledger.source
          refused = now.rejected - before.rejected
          print(
            "\(name): \(now.received - before.received) read, \(now.accepted - before.accepted) new, "
              + "\(now.duplicates - before.duplicates) known, \(refused) refused")
          if let follow { sleep(UInt32(follow)) }
        } while follow != nil
      } catch {
        throw Failure(error.message)
      }
    }
    if refused > 0 { throw ExitCode(1) }
  }
}

/// The file of refused items: `{"code", "field", "id", "item"}` a line, written before the source's position moves.
struct RefusedItems {
  let path: String

  func append(_ items: [PullLedger.Refusal]) throws(PullError) {
    var lines: [UInt8] = []
    for item in items {
      lines += Array("{\"code\":\"\(item.code)\"".utf8)
      if let field = item.field { lines += Array(",\"field\":".utf8) + quoted(field) }
      if let id = item.id { lines += Array(",\"id\":".utf8) + quoted(id) }
      lines += Array(",\"item\":".utf8) + item.item + Array("}\n".utf8)
    }
    // The path is read during the call; the descriptor is closed below.
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .usage("cannot write \(path): errno \(errno)") }
    defer { close(file) }
    // The bytes live through the call.
    let written = unsafe lines.withUnsafeBytes { unsafe write(file, $0.baseAddress, $0.count) }
    guard written == lines.count, fsync(file) == 0 else { throw .usage("cannot write \(path): errno \(errno)") }
  }

  private func quoted(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = [0x22]
    for byte in text.utf8 {
      switch byte {
      case 0x22, 0x5C: bytes += [0x5C, byte]
      case 0..<0x20:
        bytes += Array("\\u00".utf8) + Array((byte < 16 ? "0" : "").utf8) + Array(String(byte, radix: 16).utf8)
      default: bytes.append(byte)
      }
    }
    return bytes + [0x22]
  }
}

/// `pull postgres`.
struct PullPostgresCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "postgres", abstract: "Rows of a SQL query, in the order of a watermark.",
    discussion: """
      The columns of the query are the fields of the items; AS "userId" renames them. A thousand rows are read at a time and stored \
      before the next. The password belongs into PGPASSWORD or ~/.pgpass.

      EXAMPLE
        customer360 pull postgres --name shop-orders --kind orders --dsn 'host=db dbname=shop user=reader' \\
          --query 'SELECT id AS "orderId", customer AS "userId", placed_at AS "orderDate", total AS "orderTotal", changed_at
                   FROM orders' --watermark changed_at --row-key orderId
      """)

  @OptionGroup var options: PullOptions

  @Option(help: "Connection string or URI of PostgreSQL.")
  var dsn: String?

  @Option(help: "What the rows are: \(IngestKind.allCases.map(\.rawValue).joined(separator: ", ")).")
  var kind: String

  @Option(help: "A SELECT.")
  var query: String

  @Option(help: "The query's column that grows when a row changes.")
  var watermark: String

  @Option(help: "The query's column that tells rows of one watermark apart.")
  var rowKey: String

  @Option(
    help: ArgumentHelp("Read so far back for transactions that committed late. (default: 60)", valueName: "seconds"))
  var overlapSeconds: Int?

  func run() throws {
    guard let dsn = dsn ?? Environment.string(forOption: "dsn") else { throw ValidationError("--dsn is missing") }
    guard let kind = IngestKind(rawValue: kind) else {
      throw ValidationError("--kind must be one of \(IngestKind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    var pull = PostgresPull(dsn: dsn, kind: kind, query: query, watermark: watermark, key: rowKey)
    if let seconds = try overlapSeconds ?? Environment.int(forOption: "overlap-seconds") {
      guard (0...86_400).contains(seconds) else { throw ValidationError("--overlap-seconds must be 0 to 86400") }
      pull.overlapSeconds = seconds
    }
    let line = ProgressLine()
    try options.run(type: "postgres", kind: kind.rawValue) { (ledger) throws(PullError) in
      let without = try pull.run(&ledger, decoder: BatchDecoder()) { line.show("\($0) rows") }
      line.clear()
      if without > 0 {
        printError("customer360 pull: \(without) rows have no \(watermark) or no \(rowKey) and cannot be read")
      }
    }
  }
}

/// `pull imap`.
struct PullIMAPCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "imap", abstract: "Messages of a mailbox, as interactions.",
    discussion: """
      What nobody has read stays unread. The password belongs into CUSTOMER360_IMAP_PASSWORD.

      EXAMPLE
        customer360 pull imap --name care --server imaps://mail.example.com --user care@example.com --follow 30
      """)

  @OptionGroup var options: PullOptions

  @Option(help: "imaps://host[:port], or imap://host[:port], which must offer STARTTLS.")
  var server: String

  @Option(help: "The account.")
  var user: String

  @Option(help: "The mailbox. (default: INBOX)")
  var mailbox: String?

  @Option(help: "PEM file of certificate authorities, for a server with its own.")
  var ca: String?

  @Flag(help: "Without TLS: for a server on this machine.")
  var plain = false

  func run() throws {
    guard let password = Environment.string(forOption: "imap-password") else {
      throw ValidationError("CUSTOMER360_IMAP_PASSWORD is missing")
    }
    let isPlain = try plain || Environment.flag(forOption: "plain")
    let pull: IMAPPull
    do throws(PullError) {
      pull = try IMAPPull(
        server: server, user: user, password: password,
        mailbox: mailbox ?? Environment.string(forOption: "mailbox") ?? "INBOX",
        authorities: ca ?? Environment.string(forOption: "ca"), isPlain: isPlain)
    } catch {
      throw ValidationError(error.message)
    }
    let line = ProgressLine()
    try options.run(type: "imap", kind: IngestKind.interactions.rawValue) { (ledger) throws(PullError) in
      try pull.run(&ledger, decoder: EmailDecoder()) { line.show("\($0) messages") }
      line.clear()
    }
  }
}
