/// The text exposition format of Prometheus, version 0.0.4, as it is built: families one after the other, each with its
/// help and type, then its samples.
struct PrometheusText {
  /// The kinds of families that are written.
  enum Kind: String {
    case counter, gauge, histogram
  }

  /// `Content-Type` of the format.
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  private(set) var bytes: [UInt8] = []
  private var family = ""

  /// Begins a family. Its samples follow by `sample`.
  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    family = name
    bytes.append(contentsOf: "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n".utf8)
  }

  /// A sample of the family that was begun last; `suffix` is that of a histogram's parts.
  mutating func sample(_ value: Double, suffix: String = "", _ labels: [(name: String, value: String)] = []) {
    bytes.append(contentsOf: family.utf8)
    bytes.append(contentsOf: suffix.utf8)
    append(labels)
    bytes.append(UInt8(ascii: " "))
    bytes.append(contentsOf: Self.text(of: value).utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// A sample that counts.
  mutating func sample(_ value: Int, suffix: String = "", _ labels: [(name: String, value: String)] = []) {
    sample(Double(value), suffix: suffix, labels)
  }

  /// A family of one sample.
  mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
    begin(name, kind, help)
    sample(value)
  }

  private mutating func append(_ labels: [(name: String, value: String)]) {
    guard !labels.isEmpty else { return }
    for (position, label) in labels.enumerated() {
      bytes.append(position == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
      bytes.append(contentsOf: "\(label.name)=\"".utf8)
      for byte in label.value.utf8 {
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "\""): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
        case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
        default: bytes.append(byte)
        }
      }
      bytes.append(UInt8(ascii: "\""))
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// A number as Prometheus reads it: whole numbers without a fraction.
  static func text(of value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == value.rounded(), value.magnitude < 9_007_199_254_740_992 { return String(Int64(value)) }
    return value.description
  }
}
