/// A W3C trace context: the trace that the client began and the span that this server adds to it.
public struct TraceContext: Sendable, Hashable {
  /// 32 hexadecimal digits.
  public let traceID: String
  /// The caller's span, 16 hexadecimal digits.
  public let parentID: String
  /// This server's span, 16 hexadecimal digits.
  public let spanID: String
  /// Whether the caller records this trace.
  public let isSampled: Bool

  /// The value to send on, and back, as `traceparent`.
  public var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

  /// A `traceparent` of version 00, or the first four parts of a later one; nil for anything else, which is then ignored
  /// (W3C Trace Context, section 3.2).
  init?(parsing value: ArraySlice<UInt8>, spanID: String) {
    let bytes = Array(value)
    let dash = UInt8(ascii: "-")
    guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash else { return nil }
    func isHex(_ range: Range<Int>) -> Bool {
      bytes[range].allSatisfy { isDigit($0) || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f")) }
    }
    guard isHex(0..<2), isHex(3..<35), isHex(36..<52), isHex(53..<55) else { return nil }
    let isVersion00 = bytes[0] == UInt8(ascii: "0") && bytes[1] == UInt8(ascii: "0")
    guard bytes.count == 55 || (!isVersion00 && bytes[55] == dash) else { return nil }
    guard bytes[0..<2] != [0x66, 0x66], bytes[3..<35].contains(where: { $0 != 48 }),
      bytes[36..<52].contains(where: { $0 != 48 })
    else { return nil }
    traceID = String(decoding: bytes[3..<35], as: UTF8.self)
    parentID = String(decoding: bytes[36..<52], as: UTF8.self)
    isSampled = hexValue(bytes[54]) & 1 == 1
    self.spanID = spanID
  }
}
