import COpenSSL

/// Ids for requests and spans: from a fast generator that the system's randomness seeds. They tell requests apart; they are
/// no secret.
struct RequestIDs {
  private var state: UInt64

  init() {
    var seed: UInt64 = 0
    // Eight bytes into a local; without randomness the address of the stack would do, so the result is not checked.
    unsafe withUnsafeMutableBytes(of: &seed) { unsafe _ = c360_random($0.baseAddress, 8) }
    state = seed
  }

  init(seed: UInt64) { state = seed }

  /// SplitMix64 (Steele, Lea, Flood 2014).
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Fifteen characters of base 32, 75 bits: as long as a String may be without an allocation.
  mutating func requestID() -> String {
    var first = next()
    var second = next()
    // The closure writes all fifteen bytes it reports.
    return unsafe String(unsafeUninitializedCapacity: 15) { out in
      for position in 0..<15 {
        let five = UInt8(truncatingIfNeeded: position < 8 ? first : second) & 31
        unsafe out[position] = five < 10 ? 48 + five : 87 + five
        if position < 8 { first >>= 5 } else { second >>= 5 }
      }
      return 15
    }
  }

  /// Sixteen hexadecimal digits that are not all zero.
  mutating func spanID() -> String {
    let bits = next() | 1
    return String(
      decoding: (0..<16).map { hexDigit(UInt8(truncatingIfNeeded: bits >> (60 - 4 * $0)) & 15) }, as: UTF8.self)
  }
}
