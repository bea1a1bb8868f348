/// Items on their way to the service, in the order of the file.
struct Batch: Sendable {
  /// How the items are written in a request.
  enum Form: Sendable, Equatable {
    /// One object a line.
    case ndjson
    /// An array of items whose own line ends are kept.
    case json
    /// Rows under a header line.
    case csv(header: [UInt8])

    var contentType: String {
      switch self {
      case .ndjson: "application/x-ndjson"
      case .json: "application/json"
      case .csv: "text/csv"
      }
    }
  }

  /// One item: where it lies in `bytes`, and as it stood in the file in `originals`.
  struct Item: Sendable {
    var range: Range<Int>
    var original: Range<Int>
    var line: Int
  }

  let form: Form
  /// Number in the file, from 0.
  var number = 0
  var items: [Item] = []
  var bytes: [UInt8] = []
  /// The lines of the file, where they are sent in another form; empty where they are sent as they are.
  var originals: [UInt8] = []
  /// Lines between the items that no service could read.
  var rejected: [RejectedLine] = []
  /// Digests of the keys of the items, where their order matters.
  var keys: Set<Int> = []

  init(form: Form) { self.form = form }

  /// Adds an item that is sent as it stands in the file.
  mutating func append(_ item: ArraySlice<UInt8>, line: Int) {
    let start = bytes.count
    bytes += item
    items.append(Item(range: start..<bytes.count, original: start..<bytes.count, line: line))
  }

  /// Adds an item that is sent in another form than the file's.
  mutating func append(_ item: [UInt8], original: ArraySlice<UInt8>, line: Int) {
    let start = bytes.count
    let originalStart = originals.count
    bytes += item
    originals += original
    items.append(Item(range: start..<bytes.count, original: originalStart..<originals.count, line: line))
  }

  /// The item as it stood in the file.
  func original(of item: Item) -> ArraySlice<UInt8> {
    originals.isEmpty ? bytes[item.original] : originals[item.original]
  }

  /// Whether there is nothing to send or to write down.
  var isEmpty: Bool { items.isEmpty && rejected.isEmpty }

  /// Bytes of the body with all items.
  var bodyBytes: Int { bytes.count + items.count + 2 }

  /// The body of a request with some of the items.
  func body(of indexes: [Int]) -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(indexes.count == items.count ? bodyBytes + 1024 : 4096)
    switch form {
    case .csv(let header): body += header
    case .json: body.append(UInt8(ascii: "["))
    case .ndjson: break
    }
    for (place, index) in indexes.enumerated() {
      if form == .json, place > 0 { body.append(UInt8(ascii: ",")) }
      body += bytes[items[index].range]
      if form != .json { body.append(UInt8(ascii: "\n")) }
    }
    if form == .json { body.append(UInt8(ascii: "]")) }
    return body
  }
}

/// A line of the file that was not stored, and why.
struct RejectedLine: Sendable, Equatable {
  var line: Int
  var code: String
  var field: String?
  var reason: String
  var original: [UInt8]
}
