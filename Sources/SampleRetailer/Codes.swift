/// Identifiers that look random, never collide, and do not betray which records of two systems belong together.
enum Codes {
  private static let letters = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// Eight letters of Crockford's base 32: a bijection on 40 bits, another one for each key.
  static func code(_ number: Int, key: UInt64) -> String {
    let mask: UInt64 = 1 << 40 - 1
    var x = (UInt64(number) ^ key) & mask
    for odd: UInt64 in [0x9E_3779_B97F, 0xBF_5847_6D1D, 0x94_D049_BB13] {
      x = x &* odd & mask
      x ^= x >> 19
    }
    var text: [UInt8] = []
    for shift in stride(from: 35, through: 0, by: -5) { text.append(letters[Int(x >> UInt64(shift) & 31)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// The number, zero-filled to `width` digits.
  static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
