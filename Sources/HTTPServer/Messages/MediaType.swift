/// A media type as the server compares it: type/subtype in lower case, with its charset apart.
public struct MediaType: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// type/subtype in lower case.
  public let essence: String
  /// The charset parameter in lower case, when there is one.
  public let charset: String?
  /// The whole line of an answer, rendered once.
  let line: [UInt8]

  /// JSON; where a route takes it, it takes `application/*+json` too.
  public static let json: MediaType = "application/json"
  /// An error of RFC 9457.
  public static let problem: MediaType = "application/problem+json"
  /// JSON values, one a line.
  public static let ndjson: MediaType = "application/x-ndjson"
  /// Comma-separated values, RFC 4180.
  public static let csv: MediaType = "text/csv"
  /// Text.
  public static let plainText: MediaType = "text/plain"
  /// A web page.
  public static let html: MediaType = "text/html"
  /// A message of RFC 5322.
  public static let email: MediaType = "message/rfc822"

  /// A type known to the programmer, without parameters.
  public init(stringLiteral value: String) {
    self.init(essence: value, charset: nil)
  }

  /// A `Content-Type` value by the grammar of RFC 9110 section 8.3.1; nil when it does not follow it.
  public init?(parsing value: String) {
    let bytes = Array(value.utf8)
    var parameters = ParameterReader(bytes)
    guard let type = parameters.token(), parameters.skip(UInt8(ascii: "/")), let subtype = parameters.token()
    else { return nil }
    var charset: String?
    while let (name, value) = parameters.next() {
      if name == "charset" {
        if charset != nil { return nil }
        charset = String(decoding: value.map(asciiLower), as: UTF8.self)
      }
    }
    guard parameters.isAtEnd else { return nil }
    self.init(essence: "\(type)/\(subtype)", charset: charset)
  }

  private init(essence: String, charset: String?) {
    self.essence = essence
    self.charset = charset
    // Text without a charset would be guessed at.
    let parameter = charset.map { "; charset=\($0)" } ?? (essence.hasPrefix("text/") ? "; charset=utf-8" : "")
    line = Array("Content-Type: \(essence)\(parameter)\r\n".utf8)
  }

  /// The value as it is sent.
  public var description: String { charset.map { "\(essence); charset=\($0)" } ?? essence }

  /// Whether a body of this type may be sent to a route that takes `offered`: the same type, or, where the route takes
  /// `application/json`, any `application/*+json` (RFC 6839 section 3.1). The charset must be UTF-8 or absent.
  func isTaken(by offered: [MediaType]) -> Bool {
    guard charset == nil || charset == "utf-8" else { return false }
    return offered.contains {
      $0.essence == essence
        || ($0 == .json && essence.hasPrefix("application/") && essence.hasSuffix("+json"))
    }
  }
}

/// Reads `token *( OWS ";" OWS [ name "=" ( token / quoted-string ) ] )`, the shape of Content-Type and its like.
struct ParameterReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// A token in lower case.
  mutating func token() -> String? {
    let start = position
    while position < bytes.count, ByteSet.token.contains(bytes[position]) { position += 1 }
    return position > start ? String(decoding: bytes[start..<position].map(asciiLower), as: UTF8.self) : nil
  }

  private mutating func skipSpace() {
    while position < bytes.count, isOptionalSpace(bytes[position]) { position += 1 }
  }

  /// The next parameter, or nil at the end or where the grammar ends.
  mutating func next() -> (name: String, value: [UInt8])? {
    while true {
      skipSpace()
      guard skip(UInt8(ascii: ";")) else { return nil }
      skipSpace()
      // An empty parameter (";;") is allowed.
      guard let name = token() else { continue }
      guard skip(UInt8(ascii: "=")) else {
        position = 0
        return nil
      }
      if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
        guard let value = quotedString() else { return nil }
        return (name, value)
      }
      let start = position
      while position < bytes.count, ByteSet.token.contains(bytes[position]) { position += 1 }
      guard position > start else {
        position = 0
        return nil
      }
      return (name, Array(bytes[start..<position]))
    }
  }

  private mutating func quotedString() -> [UInt8]? {
    var value: [UInt8] = []
    var at = position + 1
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        position = at + 1
        return value
      case UInt8(ascii: "\\") where at + 1 < bytes.count:
        value.append(bytes[at + 1])
        at += 2
      default:
        value.append(bytes[at])
        at += 1
      }
    }
    return nil
  }
}
