/// The fields of a response that a handler adds, in order.
///
/// A value can never break out of its line: every byte that RFC 9110 section 5.5 does not allow becomes a space. Names are
/// checked where they are made. `Date`, `Content-Length`, `Transfer-Encoding` and `Connection` belong to the server and
/// are dropped when a handler sets them.
public struct HTTPFields: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// One line of the header section.
  public struct Line: Sendable, Hashable {
    /// The name as it is sent.
    public let name: String
    /// The value, free of control characters.
    public let value: String
  }

  /// The lines in the order in which they are sent.
  public private(set) var lines: [Line] = []

  /// No fields.
  public init() {}

  /// Fields in the order written.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (name, value) in elements { append(name, value) }
  }

  /// Whether there are none.
  public var isEmpty: Bool { lines.isEmpty }

  /// Adds a line, beside those of the same name. A name that is no token (RFC 9110 section 5.1) adds nothing.
  public mutating func append(_ name: String, _ value: String) {
    guard !name.isEmpty, name.utf8.allSatisfy({ ByteSet.token.contains($0) }) else { return }
    lines.append(Line(name: name, value: Self.clean(value)))
  }

  /// Sets the one line of this name.
  public mutating func set(_ name: String, _ value: String) {
    remove(name)
    append(name, value)
  }

  /// Removes every line of this name.
  public mutating func remove(_ name: String) {
    lines.removeAll { Self.equal($0.name, name) }
  }

  /// The value of the first line of this name, compared without case.
  public subscript(_ name: String) -> String? {
    lines.first { Self.equal($0.name, name) }?.value
  }

  static func equal(_ a: String, _ b: String) -> Bool {
    a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).allSatisfy { asciiLower($0) == asciiLower($1) }
  }

  private static func clean(_ value: String) -> String {
    guard value.utf8.contains(where: { !isFieldByte($0) }) else { return value }
    return String(decoding: value.utf8.map { isFieldByte($0) ? $0 : UInt8(ascii: " ") }, as: UTF8.self)
  }
}
