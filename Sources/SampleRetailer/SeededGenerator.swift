/// xoshiro256** (Blackman and Vigna, 2018), seeded by SplitMix64: small, fast, and the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
  private var a: UInt64
  private var b: UInt64
  private var c: UInt64
  private var d: UInt64

  /// What a stream of random numbers is for. Streams are independent: more draws for one leave the others as they were.
  enum Purpose: UInt64 {
    case catalogue = 1
    case people, records, activity, baskets, clicks, ratings
  }

  init(seed: UInt64, _ purpose: Purpose, _ index: Int) {
    var state = mixed(seed &+ purpose.rawValue &* 0x9E37_79B9_7F4A_7C15) ^ mixed(UInt64(truncatingIfNeeded: index) &+ 1)
    func word() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      return mixed(state)
    }
    a = word()
    b = word()
    c = word()
    d = word()
  }

  mutating func next() -> UInt64 {
    let product = b &* 5
    let result = (product << 7 | product >> 57) &* 9
    let shifted = b << 17
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = d << 45 | d >> 19
    return result
  }

  /// A whole number in 0..<limit (multiply-shift; its bias is below 2^-32 for the limits used here).
  mutating func below(_ limit: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(limit)).high)
  }

  /// A whole number in the range, both ends included.
  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.upperBound - range.lowerBound + 1)
  }

  /// True in `percent` of 100 draws.
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  /// A bell-shaped number with mean 0 and standard deviation 1, never past ±3.5: the sum of four uniform ones.
  mutating func bell() -> Double {
    let bits = next()
    let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
    return (Double(sum) / 65535 - 2) * 1.732_050_807_568_877_2
  }

  /// One of the elements.
  mutating func pick<C: RandomAccessCollection<Element>, Element>(_ choices: C) -> Element where C.Index == Int {
    choices[choices.startIndex + below(choices.count)]
  }

  /// The numbers 0..<count in random order. (Not `shuffled(using:)`: its algorithm may change with the toolchain.)
  mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, below(last + 1)) }
    return order
  }
}

/// The finalizer of SplitMix64: a bijection on 64 bits.
func mixed(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
  return z ^ z >> 31
}
