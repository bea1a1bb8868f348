import ArgumentParser
import Connectors
import Glibc
import Ingestion
import Store

/// `customer360 pull …`: sources that are asked.
struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract:
      "Read customers, orders, … from PostgreSQL or MongoDB, or e-mails from a mailbox, where the last run ended.",
    subcommands: [PullPostgresCommand.self, PullIMAPCommand.self, PullMongoDBCommand.self])
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
    guard PullFile.isName(name) else { throw ValidationError("--name must be 1 to 64 letters, digits, '-' or '_'") }
    if let follow, !(1...86_400).contains(follow) { throw ValidationError("--follow must be 1 to 86400") }
  }

  /// Runs a pull once or again and again; the last line tells what it brought. Exit code 1 when items were refused.
  func run(_ pull: some Pull, unit: String) throws {
    let follow = try self.follow ?? Environment.int(forOption: "follow")
    let rejects = RefusedItems(
      path: self.rejects ?? Environment.string(forOption: "rejects") ?? "\(name).rejected.ndjson")
    let line = ProgressLine()
    var refused = 0
    try database.withStore { store in
      do throws(PullError) {
        var ledger = try PullLedger(
          name: name, type: pull.type, kind: pull.kind.rawValue, store: store, ingestor: Ingestor(store: store),
          clock: WallClock.now, refused: { (items) throws(PullError) in try rejects.append(items) },
          follows: follow != nil && pull.type == "mongodb")
        let before = ledger.source
        repeat {
          do throws(PullError) {
            try pull.run(&ledger) { line.show("\($0) \(unit)") }
          } catch {
            try ledger.fail(error)
            // A source that is away comes back; a wrong option does not become right.
            guard follow != nil, case .source = error else { throw error }
            printError("customer360 pull: \(error.message)")
          }
          line.clear()
          let now = ledger.source
          if let remark = now.remark { printError("customer360 pull: \(remark)") }
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

/// The mapping of foreign fields that a pull takes.
struct PullMapping: ParsableArguments {
  @Option(help: "JSON or YAML file that says what the source's fields mean, as for 'customer360 load'.")
  var map: String?

  func mapping(_ kind: IngestKind) throws -> FieldMapping? {
    guard let path = map ?? Environment.string(forOption: "map") else { return nil }
    do throws(PullError) {
      return try FieldMapping(kind, file: path)
    } catch {
      throw ValidationError(error.message)
    }
  }

  /// A kind by its name.
  static func kind(_ name: String) throws -> IngestKind {
    guard let kind = IngestKind(rawValue: name) else {
      throw ValidationError("--kind must be one of \(IngestKind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return kind
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

  @OptionGroup var mapping: PullMapping

  func run() throws {
    guard let dsn = dsn ?? Environment.string(forOption: "dsn") else { throw ValidationError("--dsn is missing") }
    let kind = try PullMapping.kind(kind)
    var pull = PostgresPull(dsn: dsn, kind: kind, query: query, watermark: watermark, key: rowKey)
    if let seconds = try overlapSeconds ?? Environment.int(forOption: "overlap-seconds") {
      guard (0...86_400).contains(seconds) else { throw ValidationError("--overlap-seconds must be 0 to 86400") }
      pull.overlapSeconds = seconds
    }
    pull.mapping = try mapping.mapping(kind)
    try options.run(pull, unit: "rows")
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
    try options.run(pull, unit: "messages")
  }
}

/// `pull mongodb`.
struct PullMongoDBCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mongodb", abstract: "Documents of a shop's own collection, then its changes.",
    discussion: """
      The collection must be that of a replica set, for its change stream. What the shop deletes stays here. A URI with a password \
      belongs into CUSTOMER360_URI.

      EXAMPLE
        customer360 pull mongodb --name shop-users --kind customers --uri 'mongodb://db/?replicaSet=rs0' --from shop.users \\
          --map users.map.json --follow 1
      """)

  @OptionGroup var options: PullOptions

  @Option(help: "Connection string of the shop's MongoDB.")
  var uri: String?

  @Option(help: ArgumentHelp("The collection.", valueName: "database.collection"))
  var from: String

  @Option(help: "What the documents are: \(IngestKind.allCases.map(\.rawValue).joined(separator: ", ")).")
  var kind: String

  @OptionGroup var mapping: PullMapping

  func run() throws {
    guard let uri = uri ?? Environment.string(forOption: "uri") else { throw ValidationError("--uri is missing") }
    let parts = from.split(separator: ".", maxSplits: 1)
    guard parts.count == 2 else { throw ValidationError("--from must be database.collection") }
    let kind = try PullMapping.kind(kind)
    try options.run(
      MongoPull(
        uri: uri, database: String(parts[0]), collection: String(parts[1]), kind: kind,
        mapping: try mapping.mapping(kind)), unit: "documents")
  }
}
