extension [UInt8] {
  mutating func append(_ text: String) { append(contentsOf: text.utf8) }

  /// A whole number that is not negative, zero-filled to `width` digits.
  mutating func append(decimal number: Int, width: Int = 1) {
    var divisor = 1
    var digits = 1
    while number / divisor >= 10 || digits < width {
      divisor *= 10
      digits += 1
    }
    while divisor > 0 {
      append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
      divisor /= 10
    }
  }

  /// An amount in cents with two decimals: 1290 is `12.90`.
  mutating func append(cents: Int) {
    append(decimal: cents / 100)
    append(UInt8(ascii: "."))
    append(decimal: cents % 100, width: 2)
  }

  /// A JSON string with its quotes. The vocabulary has no control characters.
  mutating func append(json text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
      append(byte)
    }
    append(UInt8(ascii: "\""))
  }

  /// `"name":"value",`, or nothing without a value.
  mutating func append(member name: String, _ value: String?) {
    guard let value else { return }
    append(json: name)
    append(UInt8(ascii: ":"))
    append(json: value)
    append(UInt8(ascii: ","))
  }

  /// Writes `close` over the comma that the last member left.
  mutating func close(with close: String) {
    if last == UInt8(ascii: ",") { removeLast() }
    append(close)
  }

  /// A field by RFC 4180, quoted only where it must be.
  mutating func append(csv text: String) {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) else {
      return append(text)
    }
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") { append(byte) }
      append(byte)
    }
    append(UInt8(ascii: "\""))
  }
}
