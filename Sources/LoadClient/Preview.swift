/// The first records of a file, as they stand and as they would be sent: a mapping is tried without a service.
public struct Preview: Sendable {
  /// One record.
  public struct Row: Sendable, Equatable {
    /// The line on which it begins, from 1.
    public let line: Int
    /// As the file has it.
    public let before: String
    /// As the service would get it; nil when it would not be sent.
    public let after: String?
    /// Why it would not be sent.
    public let reason: String?
  }

  /// Records that are shown.
  public static let rowsMax = 10

  /// The records, in the order of the file.
  public let rows: [Row]

  /// Reads the first records of a file.
  public init(_ path: String, options: LoadOptions) throws(LoadError) {
    var source = try RecordSource(path, kind: options.kind, mapping: options.mapping)
    var rows: [Row] = []
    while rows.count < Self.rowsMax, let record = try source.next() {
      switch record {
      case .plain(let bytes, let line):
        let text = Self.text(bytes)
        rows.append(Row(line: line, before: text, after: text, reason: nil))
      case .rendered(let bytes, let original, let line):
        rows.append(Row(line: line, before: Self.text(original), after: Self.text(bytes[...]), reason: nil))
      case .rejected(let rejected):
        rows.append(
          Row(line: rejected.line, before: Self.text(rejected.original[...]), after: nil, reason: rejected.reason))
      }
    }
    self.rows = rows
  }

  /// For a terminal: each record with its line, before and after.
  public var text: String {
    rows.map { row in
      "line \(row.line)\n  before  \(row.before)\n  after   \(row.after ?? "not sent: \(row.reason ?? "")")\n"
    }.joined()
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    var bytes = bytes
    while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
