/// What the rules leave of a text, numbers about as large as 1, or what a head weighs each of them with: twelve of each lexicon, its lanes
/// beside each other, exclamation marks, and a constant.
struct SentimentRules: Sendable, Equatable {
  var first: SIMD8<Float>
  var second: SIMD8<Float>
  var third: SIMD8<Float>
  /// How much a text exclaims at all, 0 to 1.
  var exclamation: Float
  var constant: Float

  /// Numbers in all.
  static let count = 26
  /// Which of them says how much a text exclaims.
  static let exclamationIndex = 24

  init(first: SIMD8<Float>, second: SIMD8<Float>, third: SIMD8<Float>, exclamation: Float, constant: Float) {
    self.first = first
    self.second = second
    self.third = third
    self.exclamation = exclamation
    self.constant = constant
  }

  /// From ``count`` numbers.
  init(_ numbers: some Collection<Float>) {
    let numbers = Array(numbers)
    first = .init(numbers[0..<8])
    second = .init(numbers[8..<16])
    third = .init(numbers[16..<24])
    exclamation = numbers[24]
    constant = numbers[25]
  }

  var numbers: [Float] {
    [first, second, third].flatMap { eight in (0..<8).map { eight[$0] } } + [exclamation, constant]
  }

  /// The sum of numbers times weights.
  @inline(__always)
  func dot(_ weights: Self) -> Float {
    (first * weights.first + second * weights.second + third * weights.third).sum()
      + exclamation * weights.exclamation + constant * weights.constant
  }
}
