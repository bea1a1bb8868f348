import CKernels

/// A trained recommender for implicit feedback: immutable, shared by all threads.
///
/// Users and items are indexes from 0; who they are is the caller's knowledge. Factors stand in the eigenbasis of the items' Gram
/// matrix, so folding in a history is a few conjugate-gradient steps of O(entries · factors).
public struct ImplicitModel: Sendable {
  /// What the search chose or the options said.
  public let choices: ImplicitChoices
  /// Whether the objective is BigQuery ML's, literally.
  public let isLiteral: Bool
  let users: Factors
  let items: Factors
  let eigenvalues: [Float]
  let regression: ItemRegression?
  /// Unless the whole regression has a share, or nobody asks for lists: what lets ``topK(_:history:k:excluding:)`` end early.
  private let ranked: ItemsByLength?

  /// `isRanked` false saves the time that lists would need to end early.
  init(
    choices: ImplicitChoices, isLiteral: Bool, users: Factors, items: Factors, eigenvalues: [Float],
    regression: ItemRegression?, isRanked: Bool = true
  ) {
    var choices = choices
    choices.itemRank = regression?.rank ?? 0
    self.choices = choices
    self.isLiteral = isLiteral
    self.users = users
    self.items = items
    self.eigenvalues = eigenvalues
    self.regression = regression
    ranked = isRanked ? Self.ranked(users, items, regression, choices) : nil
  }

  /// The items by what their vectors are multiplied with: a customer's own, and behind it what the history has along the regression's
  /// directions.
  private static func ranked(
    _ users: Factors, _ items: Factors, _ regression: ItemRegression?, _ choices: ImplicitChoices
  ) -> ItemsByLength? {
    let userEnergies = users.energies
    guard let regression, choices.blend > 0 else { return ItemsByLength(items, queryEnergies: userEnergies) }
    guard case .directions(let loadings, let diagonal) = regression.form else { return nil }
    let share = Float(choices.blend)
    let both = Factors(rows: items.rows, rank: items.stride + loadings.stride)
    for item in 0..<items.rows {
      for column in 0..<items.stride {
        both.values[item * both.stride + column] = (1 - share) * items.values[item * items.stride + column]
      }
      for column in 0..<loadings.stride {
        both.values[item * both.stride + items.stride + column] =
          share / diagonal[item] * loadings.values[item * loadings.stride + column]
      }
    }
    // Of gain g = e/(e + λ), a column's squares sum to g, and those of the histories along it to g e = g² λ/(1 - g).
    let historyEnergies = loadings.energies.map { gain in
      gain * gain * choices.itemRegularization / max(1e-9, 1 - gain)
    }
    return ItemsByLength(both, queryEnergies: userEnergies + historyEnergies)
  }

  /// Users that training saw.
  public var userCount: Int { users.rows }
  /// Items that training saw.
  public var itemCount: Int { items.rows }

  /// What a user did, as training saw it: items (ascending or not, each once) with their strengths.
  public struct History: Sendable, Equatable {
    /// Item indexes, each at most once.
    public var items: [Int32]
    /// Their strengths, above 0.
    public var strengths: [Float]

    /// A history. The arrays are of equal length.
    public init(items: [Int32] = [], strengths: [Float] = []) {
      precondition(items.count == strengths.count, "a strength for every item")
      self.items = items
      self.strengths = strengths
    }
  }

  /// A recommended item.
  public struct Recommendation: Sendable, Equatable {
    /// The item's index.
    public let item: Int
    /// The predicted confidence: near 1 for what the user would certainly take, near 0 for what not.
    public let score: Float

    /// An item with its score.
    public init(item: Int, score: Float) {
      self.item = item
      self.score = score
    }
  }

  private var settings: ImplicitFitter.Settings {
    ImplicitFitter.Settings(
      rank: choices.factorCount, regularization: choices.regularization, alpha: choices.alpha, isLiteral: isLiteral)
  }

  /// The vector of a user as training left it: a fold-in of the history that training saw.
  public func userVector(_ user: Int) -> [Float] {
    users.values.array((user * users.stride)..<((user + 1) * users.stride))
  }

  /// The vector of any history, without retraining. Items that training did not see are left out. About 10 µs for 50 items at 64 factors.
  public func foldIn(_ history: History) -> [Float] {
    let known = history.items.indices.filter {
      history.items[$0] >= 0 && Int(history.items[$0]) < itemCount && history.strengths[$0] > 0
    }
    let stride = items.stride
    guard !known.isEmpty else { return [Float](repeating: 0, count: stride) }
    let columns = known.map { history.items[$0] }
    let strengths = known.map { history.strengths[$0] }
    let alpha = Float(choices.alpha)
    let weights = isLiteral ? strengths.map { alpha * $0 } : strengths
    let rights = isLiteral ? strengths.map { 1 + alpha * $0 } : strengths
    let penalty = ImplicitFitter.penalty(strengths.reduce(0, +), otherCount: itemCount, settings: settings)
    let base = Float(ImplicitFitter.base(settings))
    let diagonal = eigenvalues.map { base * $0 + penalty }
    var vector = [Float](repeating: 0, count: stride)
    var work = [Float](repeating: 0, count: 5 * stride)
    // Columns are rows of `items` by the filter above; the arrays have the lengths that the kernel reads.
    unsafe ck_conjugate_gradient(
      items.values.start, stride, diagonal, columns, weights, rights, Int(columns.count), &vector, &work,
      Int32(ImplicitFitter.foldInSteps))
    return vector
  }

  /// The k best items of a user, best first; ties go to the lower index.
  ///
  /// - Parameters:
  ///   - vector: from ``foldIn(_:)`` or ``userVector(_:)``.
  ///   - history: what the blended item regression scores from; its items are candidates unless excluded.
  ///   - excluding: asked only for items that would make it into the list.
  public func topK(
    _ vector: [Float], history: History = History(), k: Int, excluding: (_ item: Int) -> Bool = { _ in false }
  ) -> [Recommendation] {
    precondition(vector.count == items.stride, "a vector of this model")
    if let ranked {
      guard let regression, case .directions(let loadings, let diagonal) = regression.form, choices.blend > 0 else {
        return ranked.top(k, for: vector) { item, score in excluding(item) ? nil : score }
      }
      let own = known(history)
      var query = vector + [Float](repeating: 0, count: loadings.stride)
      ItemRegression.add(
        items: own.items, strengths: own.strengths, of: loadings, to: &query, from: vector.count)
      let share = Float(choices.blend)
      let isAscending = zip(own.items, own.items.dropFirst()).allSatisfy(<)
      return ranked.top(k, for: query) { item, score in
        if excluding(item) { return nil }
        let place = isAscending ? own.items.place(of: Int32(item)) : own.items.firstIndex(of: Int32(item))
        guard let index = place else { return score }
        // Never more: no item speaks for itself.
        return score - share * own.strengths[index] * (1 / diagonal[item] - 1)
      }
    }
    let scores = scores(vector, history: history)
    var top = TopK(k)
    // A quarter of a thousand at a time: most blocks hold nothing above the threshold.
    var start = 0
    while start < itemCount {
      let end = min(itemCount, start + 256)
      let threshold = top.threshold
      var best = -Float.infinity
      for index in start..<end { best = max(best, scores[index]) }
      if best > threshold {
        for index in start..<end where scores[index] > top.threshold && !excluding(index) {
          top.insert(scores[index], Int32(index))
        }
      }
      start = end
    }
    return top.recommendations
  }

  /// Fold-in and top k in one: the live answer to a history.
  public func recommend(_ history: History, k: Int, excluding: (_ item: Int) -> Bool = { _ in false })
    -> [Recommendation]
  {
    topK(foldIn(history), history: history, k: k, excluding: excluding)
  }

  /// The scores of all items for a user.
  public func scores(_ vector: [Float], history: History = History()) -> [Float] {
    var scores = [Float](repeating: 0, count: itemCount)
    fillScores(vector, history: history, into: &scores)
    return scores
  }

  func fillScores(_ vector: [Float], history: History, into scores: inout [Float]) {
    precondition(vector.count == items.stride, "a vector of this model")
    let stride = items.stride
    // itemCount rows of `stride` floats, as many scores.
    unsafe scores.withUnsafeMutableBufferPointer { scores in
      // As above; the base address exists unless there are no items.
      if let out = scores.baseAddress { unsafe ck_scores(items.values.start, stride, itemCount, stride, vector, out) }
    }
    guard let regression, choices.blend > 0 else { return }
    let share = Float(choices.blend)
    for index in scores.indices { scores[index] *= 1 - share }
    let known = known(history)
    regression.addScores(items: known.items, strengths: known.strengths, factor: share, to: &scores)
  }

  /// What this model knows of a history.
  private func known(_ history: History) -> History {
    func isKnown(_ item: Int32) -> Bool { item >= 0 && Int(item) < itemCount }
    guard !history.items.allSatisfy(isKnown) else { return history }
    let known = history.items.indices.filter { isKnown(history.items[$0]) }
    return History(items: known.map { history.items[$0] }, strengths: known.map { history.strengths[$0] })
  }

  /// The score of one pair.
  public func score(_ vector: [Float], item: Int) -> Float {
    precondition(item >= 0 && item < itemCount, "an item of this model")
    // One row of `stride` floats each.
    return unsafe ck_dot(vector, items.values.at(item * items.stride), items.stride)
  }

  /// The k items whose factors point the most alike (cosine), best first, the item itself left out.
  public func similarItems(_ item: Int, k: Int, excluding: (_ item: Int) -> Bool = { _ in false }) -> [Recommendation] {
    let stride = items.stride
    let vector = items.values.array((item * stride)..<((item + 1) * stride))
    let norms = itemNorms
    guard norms[item] > 0 else { return [] }
    let products = scores(vector)
    var top = TopK(k)
    for other in 0..<itemCount where other != item && norms[other] > 0 {
      let cosine = products[other] / (norms[item] * norms[other])
      if cosine > top.threshold, !excluding(other) { top.insert(cosine, Int32(other)) }
    }
    return top.recommendations
  }

  private var itemNorms: [Float] {
    let stride = items.stride
    // Each call reads one row.
    return (0..<itemCount).map {
      unsafe ck_dot(items.values.at($0 * stride), items.values.at($0 * stride), stride).squareRoot()
    }
  }
}

extension ImplicitModel {
  private static let formatVersion: UInt16 = 1

  /// The model as bytes for a registry: equal models give equal bytes.
  public func serialized() -> [UInt8] {
    var writer = ModelWriter(.implicit, version: Self.formatVersion)
    writer.bool(isLiteral)
    writer.count(choices.factorCount)
    writer.double(choices.regularization)
    writer.double(choices.alpha)
    writer.double(choices.weakWeight)
    writer.double(choices.itemRegularization)
    writer.double(choices.blend)
    writer.count(choices.iterations)
    writer.count(userCount)
    writer.count(itemCount)
    writer.floats(users.matrix.values)
    writer.floats(items.matrix.values)
    writer.floats(Array(eigenvalues.prefix(choices.factorCount)))
    writer.bool(regression != nil)
    regression?.write(to: &writer)
    return writer.bytes
  }

  /// Reads what ``serialized()`` wrote; throws ``MachineLearningError/unreadableModel(_:)`` on anything else.
  public init(serialized bytes: [UInt8]) throws(MachineLearningError) {
    var reader = try ModelReader(bytes, .implicit, version: Self.formatVersion)
    let isLiteral = try reader.bool()
    let rank = try reader.number(in: 1...4096)
    let choices = ImplicitChoices(
      factorCount: rank, regularization: try reader.double(), alpha: try reader.double(),
      weakWeight: try reader.double(),
      itemRegularization: try reader.double(), blend: try reader.double(),
      iterations: try reader.number(in: 0...Int.max))
    let userCount = try reader.number(in: 0...Int(Int32.max))
    let itemCount = try reader.number(in: 0...Int(Int32.max))
    let userValues = try reader.floats()
    let itemValues = try reader.floats()
    let eigenvalues = try reader.floats()
    guard userValues.count == userCount * rank, itemValues.count == itemCount * rank, eigenvalues.count == rank else {
      throw .unreadableModel("factors do not fit")
    }
    let items = Factors(Matrix(rows: itemCount, columns: rank, values: itemValues))
    let regression = try reader.bool() ? try ItemRegression(from: &reader, itemCount: itemCount) : nil
    try reader.finish()
    self.init(
      choices: choices, isLiteral: isLiteral,
      users: Factors(Matrix(rows: userCount, columns: rank, values: userValues)),
      items: items, eigenvalues: eigenvalues + [Float](repeating: 0, count: items.stride - rank),
      regression: regression)
  }
}
