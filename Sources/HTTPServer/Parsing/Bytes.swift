// Bytes of the grammar of RFC 9110 section 5.6 and RFC 3986. Only ASCII is ever compared or folded: no Unicode rule can
// turn another character into a digit, a letter or a space.

/// A range of positions counted from the first byte of a request.
struct ByteRange: Equatable, Sendable {
  var start: Int32
  var end: Int32

  static let none = ByteRange(start: -1, end: -1)

  init(start: Int32, end: Int32) {
    self.start = start
    self.end = end
  }

  init(_ range: Range<Int>) {
    start = Int32(truncatingIfNeeded: range.lowerBound)
    end = Int32(truncatingIfNeeded: range.upperBound)
  }

  var count: Int { Int(end &- start) }
  var isNone: Bool { start < 0 }
  var range: Range<Int> { Int(start)..<Int(end) }
}

/// A set of ASCII bytes in two words: membership is a shift, without a table in memory.
struct ByteSet: Sendable {
  let low: UInt64
  let high: UInt64

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    let word = byte < 64 ? low : high
    return byte < 128 && (word >> UInt64(byte & 63)) & 1 == 1
  }

  /// `tchar` of RFC 9110 section 5.6.2.
  static let token = ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
  /// What may stand in a path or a query of RFC 3986 section 3.3 and 3.4, with "%" whose digits are checked apart.
  static let target = ByteSet(low: 0xAFFF_FFF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFF)
  /// What may stand in a registered name of RFC 3986 section 3.2.2, with "%".
  static let regName = ByteSet(low: 0x2BFF_7FF2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE)
}

@inline(__always)
func asciiLower(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 0x20 : byte }

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

@inline(__always)
func isOptionalSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// VCHAR, obs-text, SP and HTAB: what a field value may hold (RFC 9110 section 5.5).
@inline(__always)
func isFieldByte(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7F) || byte == 0x09 }

/// The value of a hexadecimal digit, or 255.
@inline(__always)
func hexValue(_ byte: UInt8) -> UInt8 {
  if byte &- 48 < 10 { return byte &- 48 }
  let letter = (byte | 0x20) &- 97
  return letter < 6 ? letter &+ 10 : 255
}

@inline(__always)
func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 &+ value : 87 &+ value }

/// Appends a whole number in decimal, the highest digit first.
func appendDecimal(_ number: Int, to out: inout [UInt8]) {
  if number < 0 { out.append(UInt8(ascii: "-")) }
  var rest = number.magnitude
  var unit: UInt = 1
  while rest / unit >= 10 { unit *= 10 }
  while unit > 0 {
    out.append(48 &+ UInt8(truncatingIfNeeded: rest / unit))
    rest %= unit
    unit /= 10
  }
}

extension Array<UInt8> {
  /// Appends constant text, without a detour over a String or another array.
  mutating func append(_ text: StaticString) {
    // The bytes are part of the program.
    unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}

extension Span where Element == UInt8 {
  /// Whether the bytes in `range` are exactly these characters.
  func holds(_ text: StaticString, at range: ByteRange) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    // The pointer is to the constant text of the program; the loop stays inside its length, which equals the range's.
    let expected = unsafe text.utf8Start
    for offset in 0..<range.count where unsafe self[Int(range.start) &+ offset] != expected[offset] { return false }
    return true
  }

  /// Whether the bytes in `range` are these lower-case ASCII characters, whatever their case here.
  func holds(lowercase text: StaticString, at range: ByteRange) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    // As above.
    let expected = unsafe text.utf8Start
    for offset in 0..<range.count
    where unsafe asciiLower(self[Int(range.start) &+ offset]) != expected[offset] { return false }
    return true
  }
}
