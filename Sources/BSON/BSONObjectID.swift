/// Twelve bytes that name a document.
public struct BSONObjectID: Sendable, Hashable, Comparable {
  // Big-endian halves, so that comparing them compares the bytes in order.
  let high: UInt64
  let low: UInt32

  /// The id whose twelve bytes start at `offset`; nil when fewer are there.
  public init?(bytes: borrowing Span<UInt8>, at offset: Int = 0) {
    guard offset >= 0, bytes.count - offset >= 12 else { return nil }
    var high: UInt64 = 0
    var low: UInt32 = 0
    for index in 0..<8 { high = high << 8 | UInt64(bytes[offset + index]) }
    for index in 8..<12 { low = low << 8 | UInt32(bytes[offset + index]) }
    self.high = high
    self.low = low
  }

  /// The id written as 24 hexadecimal digits; nil for any other text.
  public init?(hex: String) {
    var high: UInt64 = 0
    var low: UInt32 = 0
    var digits = 0
    for byte in hex.utf8 {
      guard let value = hexDigit(byte), digits < 24 else { return nil }
      if digits < 16 { high = high << 4 | UInt64(value) } else { low = low << 4 | UInt32(value) }
      digits += 1
    }
    guard digits == 24 else { return nil }
    self.high = high
    self.low = low
  }

  /// The twelve bytes.
  public var bytes: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(12)
    append(to: &out)
    return out
  }

  /// 24 lower-case hexadecimal digits.
  public var hex: String {
    let digits = bytes.flatMap { [lowercaseHexDigits[Int($0 >> 4)], lowercaseHexDigits[Int($0 & 15)]] }
    return String(decoding: digits, as: UTF8.self)
  }

  /// Order of the bytes, which is roughly the order of creation.
  public static func < (a: BSONObjectID, b: BSONObjectID) -> Bool {
    (a.high, a.low) < (b.high, b.low)
  }

  /// Twelve bytes; the caller reserved.
  func put(into out: inout ByteBuffer) {
    out.put(littleEndian: high.byteSwapped)
    out.put(littleEndian: low.byteSwapped)
  }

  func append(to out: inout [UInt8]) {
    for shift in stride(from: 56, through: 0, by: -8) { out.append(UInt8(truncatingIfNeeded: high >> UInt64(shift))) }
    for shift in stride(from: 24, through: 0, by: -8) { out.append(UInt8(truncatingIfNeeded: low >> UInt32(shift))) }
  }
}

/// The digits of hexadecimal output.
let lowercaseHexDigits: [UInt8] = Array("0123456789abcdef".utf8)

/// The value of an ASCII hexadecimal digit, nil for any other byte.
@inline(__always)
func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case 0x30...0x39: byte - 0x30
  case 0x41...0x46: byte - 0x41 + 10
  case 0x61...0x66: byte - 0x61 + 10
  default: nil
  }
}
