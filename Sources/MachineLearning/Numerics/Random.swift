// Not cryptographic: for initial values, samples and splits that anyone can repeat from the seed.

/// xoshiro256** (Blackman and Vigna 2018), seeded through SplitMix64: the same sequence on every platform.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: (UInt64, UInt64, UInt64, UInt64)
  private var spareGaussian: Double?

  /// A generator that repeats itself for equal seeds.
  public init(seed: UInt64) {
    var mixer = SplitMix64(state: seed)
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    let result = rotated(state.1 &* 5, by: 7) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = rotated(state.3, by: 45)
    return result
  }

  /// Uniform in 0..<1, 53 bits.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform in 0..<bound; bound at least 1. (Lemire's multiplication without rejection: the bias is below bound / 2^64.)
  public mutating func index(below bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

  /// Normal with mean 0 and deviation 1 (Marsaglia's polar method).
  public mutating func gaussian() -> Double {
    if let spare = spareGaussian {
      spareGaussian = nil
      return spare
    }
    while true {
      let x = 2 * uniform() - 1
      let y = 2 * uniform() - 1
      let square = x * x + y * y
      if square > 0, square < 1 {
        let factor = (-2 * naturalLogarithm(square) / square).squareRoot()
        spareGaussian = y * factor
        return x * factor
      }
    }
  }

  /// `count` different indexes below `bound`, in random order.
  public mutating func sample(_ count: Int, below bound: Int) -> [Int] {
    var indexes = Array(0..<bound)
    for position in 0..<min(count, bound) { indexes.swapAt(position, position + index(below: bound - position)) }
    return Array(indexes.prefix(count))
  }

  private func rotated(_ value: UInt64, by count: UInt64) -> UInt64 { (value << count) | (value >> (64 - count)) }
}

/// One stateless step of SplitMix64: spreads neighbouring numbers over all 64 bits.
func mixedBits(_ value: UInt64) -> UInt64 {
  var mixer = SplitMix64(state: value)
  return mixer.next()
}

private struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
