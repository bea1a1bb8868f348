/// What to load, where, and how hard to try.
public struct LoadOptions: Sendable {
  /// Address of the service.
  public var url = "http://127.0.0.1:8360"
  /// API key, sent as a bearer token.
  public var key: String?
  /// What the files hold.
  public var kind: LoadKind
  /// Meaning of the columns of foreign CSV files.
  public var mapping: ColumnMapping?
  /// Batches in flight, 1...16.
  public var connections = 3
  /// Items of a batch, 1...10,000: the service takes no more.
  public var batchItemsMax = 1000
  /// Bytes of a batch before packing, up to 8 MiB: the service takes no more.
  public var batchBytesMax = 1 << 20
  /// Whether batches are packed with gzip on the way.
  public var gzip = false
  /// Where rejected lines go; nil is `<FILE>.rejected.ndjson` beside each file.
  public var rejectsPath: String?
  /// Certificate authorities in PEM, for a service with its own.
  public var authoritiesPath: String?
  /// How long and how often a batch is tried.
  public var retry = RetryPolicy()

  /// The defaults, for a kind.
  public init(kind: LoadKind) { self.kind = kind }

  /// Says what is wrong with the options.
  public func validate() throws(LoadError) {
    guard url.hasPrefix("http://") || url.hasPrefix("https://"), !url.utf8.contains(where: { $0 <= 0x20 }) else {
      throw .usage("the URL must begin with http:// or https://, not \(url)")
    }
    guard (1...16).contains(connections) else { throw .usage("connections must be 1 to 16") }
    guard (1...LoadLimits.itemsMax).contains(batchItemsMax) else {
      throw .usage("a batch has 1 to \(LoadLimits.itemsMax) items")
    }
    guard (1...LoadLimits.bodyBytesMax).contains(batchBytesMax) else {
      throw .usage("a batch has 1 to \(LoadLimits.bodyBytesMax) bytes")
    }
    if let key, key.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) {
      throw .usage("the key has characters that no key has")
    }
  }

  /// Where batches go.
  var target: String {
    var base = url[...]
    while base.hasSuffix("/") { base.removeLast() }
    return "\(base)/ingest/\(kind.rawValue)"
  }
}

/// Limits of the client, some of them the service's.
enum LoadLimits {
  /// Items that the service takes in one batch.
  static let itemsMax = 10_000
  /// Bytes that the service takes in one batch, before packing.
  static let bodyBytesMax = 8 << 20
  /// The longest line, row or array item; a longer one is rejected here. Less than a batch, so that each fits one.
  static let recordBytesMax = 4 << 20
  /// The longest answer that is read.
  static let answerBytesMax = 16 << 20
  static let connectTimeoutMs = 5000
  static let requestTimeoutMs = 120_000
  /// Bytes of a file that are read at a time.
  static let chunkBytes = 256 << 10
  /// Rounds for items that the service asks to send again.
  static let itemRoundsMax = 5
}
