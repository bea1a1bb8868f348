extension BSONDecimal128 {
  /// The exact value of a decimal literal: sign, digits, point, exponent. Nil when the text is anything else or the value
  /// needs more than 34 digits or another exponent range: nothing is rounded.
  public init?(_ text: String) {
    var coefficient: UInt128 = 0
    var exponent = 0
    var digits = 0
    // Trailing zeros are held back: `1` with forty zeros needs one digit and an exponent.
    var zerosPending = 0
    var seenPoint = false
    var bytes = text.utf8.makeIterator()
    var next = bytes.next()
    let negative = next == UInt8(ascii: "-")
    if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { next = bytes.next() }
    while let byte = next {
      if byte == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
      } else if byte >= 0x30, byte <= 0x39 {
        digits += 1
        if seenPoint { exponent -= 1 }
        if byte == 0x30 {
          if coefficient != 0 { zerosPending += 1 }
        } else {
          guard let wider = shifted(coefficient, byDigits: zerosPending + 1) else { return nil }
          coefficient = wider + UInt128(byte - 0x30)
          zerosPending = 0
        }
      } else {
        break
      }
      next = bytes.next()
    }
    guard digits > 0 else { return nil }
    if let byte = next {
      guard byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") else { return nil }
      guard let written = exponentValue(&bytes) else { return nil }
      exponent += written
    }
    // Give zeros back as digits where they fit, so that `1.50` keeps its scale; the rest go to the exponent.
    while zerosPending > 0, let wider = shifted(coefficient, byDigits: 1) {
      coefficient = wider
      zerosPending -= 1
    }
    exponent += zerosPending
    self.init(negative: negative, coefficient: coefficient, exponent: exponent)
  }

  /// Encodes a coefficient and an exponent, moving zeros between them where the exponent is out of range.
  private init?(negative: Bool, coefficient: UInt128, exponent: Int) {
    var coefficient = coefficient
    var exponent = exponent
    if coefficient == 0 { exponent = Swift.min(Swift.max(exponent, -exponentBias), exponentMax) }
    while exponent > exponentMax, let wider = shifted(coefficient, byDigits: 1) {
      coefficient = wider
      exponent -= 1
    }
    while exponent < -exponentBias, coefficient % 10 == 0 {
      coefficient /= 10
      exponent += 1
    }
    guard exponent <= exponentMax, exponent >= -exponentBias else { return nil }
    let sign: UInt64 = negative ? 1 << 63 : 0
    self.init(
      high: sign | UInt64(exponent + exponentBias) << 49 | UInt64(truncatingIfNeeded: coefficient >> 64),
      low: UInt64(truncatingIfNeeded: coefficient))
  }
}

/// The largest exponent of a canonical number.
private let exponentMax = 6111

/// `value * 10^count`, or nil past 34 digits.
private func shifted(_ value: UInt128, byDigits count: Int) -> UInt128? {
  guard value != 0 else { return 0 }
  guard count <= 34 else { return nil }
  var result = value
  for _ in 0..<count {
    guard result <= coefficientMax / 10 else { return nil }
    result *= 10
  }
  return result
}

/// Sign and digits up to the end, nil when there is anything else or the value is beyond every exponent.
private func exponentValue(_ bytes: inout String.UTF8View.Iterator) -> Int? {
  var next = bytes.next()
  let negative = next == UInt8(ascii: "-")
  if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") { next = bytes.next() }
  guard next != nil else { return nil }
  var value = 0
  while let byte = next {
    guard byte >= 0x30, byte <= 0x39 else { return nil }
    value = Swift.min(value * 10 + Int(byte - 0x30), 1_000_000_000)
    next = bytes.next()
  }
  return negative ? -value : value
}
