/// The query of a request, `name=value` pairs joined by "&", decoded like a form: %HH once, "+" is a space (a "+" itself
/// arrives as %2B). Names may repeat; `first` and `all` let a handler refuse that.
public struct HTTPQuery: Sendable {
  /// The decoded pairs in order.
  public let items: [(name: String, value: String)]

  init(_ storage: RequestStorage) {
    let range = storage.head.query
    items = range.isNone ? [] : Self.parse(storage.bytes[range.range]) ?? []
  }

  /// Whether a raw query decodes to text. Without an escape it is ASCII, as the parser has seen.
  static func isText(_ bytes: ArraySlice<UInt8>) -> Bool {
    !bytes.contains(UInt8(ascii: "%")) || parse(bytes) != nil
  }

  /// The pairs of a raw query; nil when a part is not UTF-8 or holds a NUL.
  static func parse(_ bytes: ArraySlice<UInt8>) -> [(name: String, value: String)]? {
    var items: [(name: String, value: String)] = []
    for pair in bytes.split(separator: UInt8(ascii: "&")) {
      let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      let rest = equals < pair.endIndex ? pair[(equals + 1)...] : []
      guard let name = decodePercent(pair[..<equals], plusIsSpace: true),
        let value = decodePercent(rest, plusIsSpace: true)
      else { return nil }
      items.append((name, value))
    }
    return items
  }

  /// Whether there are no pairs.
  public var isEmpty: Bool { items.isEmpty }
  /// The names in order of first appearance, each once.
  public var names: [String] {
    var seen: [String] = []
    for item in items where !seen.contains(item.name) { seen.append(item.name) }
    return seen
  }
  /// The value of the first pair with this name.
  public func first(_ name: String) -> String? { items.first { $0.name == name }?.value }
  /// The values of all pairs with this name.
  public func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

  /// The one value of this name, nil when absent. Repeated, or not among the names that a handler takes, it is a 400.
  public func one(_ name: String) throws(Problem) -> String? {
    let values = all(name)
    guard values.count <= 1 else {
      throw .invalidParameter(name, "The query parameter '\(name)' may be given once.", code: "repeated_parameter")
    }
    return values.first
  }

  /// The one value of this name as a whole number in `range`: decimal digits with an optional minus sign.
  public func int(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
    guard let text = try one(name) else { return nil }
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    guard !digits.isEmpty, digits.allSatisfy(isDigit), let value = Int(text), range.contains(value) else {
      throw .invalidParameter(
        name, "The query parameter '\(name)' is a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return value
  }

  /// The one value of this name as `true` or `false`.
  public func bool(_ name: String) throws(Problem) -> Bool? {
    switch try one(name) {
    case nil: return nil
    case "true": return true
    case "false": return false
    default: throw .invalidParameter(name, "The query parameter '\(name)' is true or false.")
    }
  }

  /// Refuses names that a handler does not know.
  public func allowOnly(_ known: String...) throws(Problem) {
    for name in names where !known.contains(name) {
      throw .badRequest("unknown_parameter", "There is no query parameter of that name here.")
    }
  }
}
