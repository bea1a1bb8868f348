/// What the rules leave of a text, numbers about as large as 1, or what a head weighs each of them with: twelve of each lexicon, its lanes
/// beside each other, and a constant.
struct SentimentRules: Sendable, Equatable {
  var first: SIMD8<Float>
  var second: SIMD8<Float>
  var third: SIMD8<Float>
  var constant: Float

  /// Numbers in all.
  static let count = 25

  init(first: SIMD8<Float>, second: SIMD8<Float>, third: SIMD8<Float>, constant: Float) {
    self.first = first
    self.second = second
    self.third = third
    self.constant = constant
  }

  /// From ``count`` numbers.
  init(_ numbers: some Collection<Float>) {
    let numbers = Array(numbers)
    first = .init(numbers[0..<8])
    second = .init(numbers[8..<16])
    third = .init(numbers[16..<24])
    constant = numbers[24]
  }

  var numbers: [Float] { [first, second, third].flatMap { eight in (0..<8).map { eight[$0] } } + [constant] }

  /// The sum of numbers times weights.
  @inline(__always)
  func dot(_ weights: Self) -> Float {
    (first * weights.first + second * weights.second + third * weights.third).sum() + constant * weights.constant
  }
}
