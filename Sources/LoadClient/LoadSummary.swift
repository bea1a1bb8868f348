/// What became of the items of one file or of several.
public struct LoadSummary: Sendable, Equatable {
  /// Items stored by this run.
  public var accepted = 0
  /// Items that the service had.
  public var duplicates = 0
  /// Items that were not stored.
  public var rejected = 0
  /// Time that it took.
  public var milliseconds = 0

  /// Nothing yet.
  public init() {}

  /// All items.
  public var rows: Int { accepted + duplicates + rejected }

  /// Items a second.
  public var rowsPerSecond: Int { milliseconds == 0 ? 0 : rows * 1000 / milliseconds }

  mutating func add(_ other: LoadSummary) {
    accepted += other.accepted
    duplicates += other.duplicates
    rejected += other.rejected
    milliseconds += other.milliseconds
  }

  /// One line for people: `3,600 rows: 3,600 accepted, 0 duplicates, 0 rejected in 1.2 s (3,000 rows/s)`.
  public var text: String {
    "\(grouped(rows)) rows: \(grouped(accepted)) accepted, \(grouped(duplicates)) duplicates, \(grouped(rejected)) rejected"
      + " in \(milliseconds / 1000).\(milliseconds % 1000 / 100) s (\(grouped(rowsPerSecond)) rows/s)"
  }
}

/// How far the loading of a file has come.
public struct LoadProgress: Sendable, Equatable {
  /// The file.
  public var path: String
  /// Its size on the disk; nil for a pipe.
  public var byteCount: Int?
  /// How much of it was read.
  public var position: Int
  /// What became of its items so far.
  public var summary: LoadSummary

  /// `orders.csv [######------]  52 %  104,000 rows  85,000 rows/s  0:03 left`
  public var text: String {
    var text = path.split(separator: "/").last.map(String.init) ?? path
    let rate = "\(grouped(summary.rows)) rows  \(grouped(summary.rowsPerSecond)) rows/s"
    guard let byteCount, byteCount > 0 else { return "\(text)  \(rate)" }
    let share = min(1, Double(position) / Double(byteCount))
    let filled = Int(share * 24)
    text += " [\(String(repeating: "#", count: filled))\(String(repeating: "-", count: 24 - filled))]"
    let percent = String(Int(share * 100))
    text += " \(String(repeating: " ", count: 3 - percent.count))\(percent) %  \(rate)"
    if share > 0, share < 1, summary.milliseconds > 500 {
      let left = Int(Double(summary.milliseconds) * (1 - share) / share / 1000)
      text += "  \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
    }
    return text
  }
}

/// A whole number with commas between the thousands.
private func grouped(_ number: Int) -> String {
  var digits = Array(String(number).utf8)
  for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(UInt8(ascii: ","), at: place) }
  return String(decoding: digits, as: UTF8.self)
}
