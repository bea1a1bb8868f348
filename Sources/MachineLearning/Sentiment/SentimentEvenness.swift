extension SentimentHeads {
  /// Reviews that a feature is thought to have been in beside those it was in.
  private static let reviewsBefore = 5.0
  /// What the log-odds of a feature that both kinds of reviews have alike count for.
  private static let logOddsMin = 0.05

  /// How many times as much as on average each word, pair and part is penalized in the rating: 1 / √|r| of the mean, where r is how much
  /// the log-odds of the best mark differ in the reviews that have it (the log-count ratio of NBSVM, Wang and Manning 2012, smoothed
  /// towards the share of the best mark). What the glad and the others say alike is noise in both.
  func evenness() -> [Double] {
    var praised = [Double](repeating: 0, count: design.hashes.count)
    var blamed = praised
    var squares = praised
    var (praises, reviews) = (0.0, 0.0)
    for (row, example) in zip(design.rows, examples) {
      guard case .praise(let isPraise) = example.target else { continue }
      reviews += 1
      if isPraise { praises += 1 }
      for (index, value) in row where Int(index) < design.hashes.count {
        if isPraise { praised[Int(index)] += 1 } else { blamed[Int(index)] += 1 }
        squares[Int(index)] += Double(value) * Double(value)
      }
    }
    guard praises > 0, praises < reviews else { return praised.map { _ in 1 } }
    let share = praises / reviews
    let prior = naturalLogarithm(share / (1 - share))
    let tells = praised.indices.map { column in
      let odds = (praised[column] + Self.reviewsBefore * share) / (blamed[column] + Self.reviewsBefore * (1 - share))
      return max(Self.logOddsMin, abs(naturalLogarithm(odds) - prior)).squareRoot()
    }
    return Self.ofMean(tells, squares, 0..<design.wordCount)
      + Self.ofMean(tells, squares, design.wordCount..<design.hashes.count)
  }

  /// The mean of some numbers by each of them: weighted by what the columns hold, so that the penalty as a whole stays what it was.
  private static func ofMean(_ numbers: [Double], _ weights: [Double], _ range: Range<Int>) -> [Double] {
    var (sum, mass) = (0.0, 0.0)
    for index in range {
      sum += numbers[index] * weights[index]
      mass += weights[index]
    }
    return range.map { mass > 0 ? sum / mass / numbers[$0] : 1 }
  }
}
