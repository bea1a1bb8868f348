/// A decimal floating-point number of 34 digits: IEEE 754-2008 decimal128 in the binary integer encoding (BID).
public struct BSONDecimal128: Sendable, Hashable {
  /// Sign, combination field and the coefficient's upper bits.
  public let high: UInt64
  /// The coefficient's lower bits.
  public let low: UInt64

  /// The number with these bits.
  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The nearest double; NaN and infinities stay what they are.
  public var doubleValue: Double {
    switch parts {
    case .nan: return .nan
    case .infinity(let negative): return negative ? -.infinity : .infinity
    case .finite: return jsonText.flatMap { Double($0) } ?? .nan
    }
  }

  /// The number as JSON, digits and exponent kept (`1.50` stays `1.50`); nil for NaN and the infinities.
  public var jsonText: String? {
    var out: [UInt8] = []
    return appendText(to: &out) ? String(decoding: out, as: UTF8.self) : nil
  }

  enum Parts {
    case finite(negative: Bool, coefficient: UInt128, exponent: Int)
    case infinity(negative: Bool)
    case nan
  }

  /// The fields of the encoding, IEEE 754-2008 section 3.5.2. A coefficient above 10^34 - 1 is non-canonical and means 0.
  var parts: Parts {
    let negative = high >> 63 == 1
    if high >> 61 & 3 == 3 {
      if high >> 59 & 3 == 3 { return high >> 58 & 1 == 1 ? .nan : .infinity(negative: negative) }
      return .finite(negative: negative, coefficient: 0, exponent: Int(high >> 47 & 0x3FFF) - exponentBias)
    }
    let coefficient = UInt128(high & 0x1_FFFF_FFFF_FFFF) << 64 | UInt128(low)
    return .finite(
      negative: negative, coefficient: coefficient > coefficientMax ? 0 : coefficient,
      exponent: Int(high >> 49 & 0x3FFF) - exponentBias)
  }

  /// Appends the JSON number; false, and nothing appended, for NaN and the infinities.
  func appendText(to out: inout [UInt8]) -> Bool {
    guard case .finite(let negative, let coefficient, let exponent) = parts else { return false }
    if negative { out.append(UInt8(ascii: "-")) }
    let digits = Array(String(coefficient).utf8)
    // The specification's to-string: plain notation while the point lies inside or just before the digits.
    let adjusted = exponent + digits.count - 1
    if exponent <= 0, adjusted >= -6 {
      let integerDigits = digits.count + exponent
      if exponent == 0 {
        out += digits
      } else if integerDigits > 0 {
        out += digits[..<integerDigits]
        out.append(UInt8(ascii: "."))
        out += digits[integerDigits...]
      } else {
        out += "0.".utf8
        out += repeatElement(UInt8(ascii: "0"), count: -integerDigits)
        out += digits
      }
      return true
    }
    out.append(digits[0])
    if digits.count > 1 {
      out.append(UInt8(ascii: "."))
      out += digits[1...]
    }
    out.append(UInt8(ascii: "E"))
    if adjusted >= 0 { out.append(UInt8(ascii: "+")) }
    out += String(adjusted).utf8
    return true
  }
}

/// Exponents are stored with this added.
let exponentBias = 6176
/// The largest coefficient, 10^34 - 1.
let coefficientMax: UInt128 = 9_999_999_999_999_999_999_999_999_999_999_999
