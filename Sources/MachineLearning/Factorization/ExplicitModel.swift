import CKernels

/// A trained predictor of ratings: immutable, shared by all threads. Users and items are indexes from 0.
public struct ExplicitModel: Sendable {
  let settings: VariationalFitter.Settings
  /// μ, the mean of the training ratings (0 with the literal objective).
  public let mean: Float
  /// The scale: smallest and largest training rating. Predictions are clipped to it.
  public let range: ClosedRange<Float>
  /// Iterations of the fit.
  public let iterations: Int
  let users: PosteriorRows
  let items: PosteriorRows
  /// The items' mean covariance, weighted by ratings, for fold-ins.
  let itemCovariance: [Float]

  /// NUM_FACTORS; 0 when biases alone were best.
  public var factorCount: Int { settings.factorCount }
  /// L2_REG of the factors.
  public var regularization: Double { settings.factorPenalty }
  /// The damping of biases: so many ratings of the mean are added to each.
  public var biasRegularization: Double { settings.biasPenalty }
  /// Whether the objective is BigQuery ML's, literally.
  public var isLiteral: Bool { settings.isLiteral }
  /// Users that training saw.
  public var userCount: Int { users.rows }
  /// Items that training saw.
  public var itemCount: Int { items.rows }

  /// The rating of a pair, clipped to the scale. Without a known user or item (nil, or out of range) the other's bias remains, without
  /// both the mean.
  public func predict(user: Int?, item: Int?) -> Double {
    let knownUser = user.flatMap { $0 >= 0 && $0 < userCount ? $0 : nil }
    let knownItem = item.flatMap { $0 >= 0 && $0 < itemCount ? $0 : nil }
    let offset: Float
    switch (knownUser, knownItem) {
    case (let user?, let item?): offset = VariationalFitter.product(users, user, items, item)
    case (let user?, nil): offset = users.bias(user)
    case (nil, let item?): offset = items.bias(item)
    case (nil, nil): offset = 0
    }
    return clipped(mean + offset)
  }

  /// The vector of a user as training left it, or nil for an unknown one: bias, factors, padding.
  public func userVector(_ user: Int) -> [Float]? {
    guard user >= 0, user < userCount else { return nil }
    return users.means.array((user * users.stride)..<((user + 1) * users.stride))
  }

  /// The vector of any set of ratings, without retraining. Items that training did not see are left out.
  public func foldIn(items ratedItems: [Int32], ratings: [Float]) -> [Float] {
    precondition(ratedItems.count == ratings.count, "a rating for every item")
    let known = ratedItems.indices.filter { ratedItems[$0] >= 0 && Int(ratedItems[$0]) < itemCount }
    var vector = [Float](repeating: 0, count: items.stride)
    guard !known.isEmpty else { return vector }
    var work = [Float](repeating: 0, count: Int(ck_variational_work(items.rank, items.stride, items.packed)))
    var prior = [Float](repeating: Float(settings.factorPenalty), count: items.rank)
    prior[0] = Float(settings.biasPenalty)
    // The kernel looks covariances up by item: with one row for all, every entry points at row 0 of a gathered copy of its item's means.
    let gathered = Buffer(known.count * items.stride, filledWith: Float(0))
    let covariances = Buffer(known.count * items.packed, filledWith: Float(0))
    for (position, index) in known.enumerated() {
      let item = Int(ratedItems[index])
      for column in 0..<items.stride {
        gathered[position * items.stride + column] = items.means[item * items.stride + column]
      }
      for column in 0..<items.packed { covariances[position * items.packed + column] = itemCovariance[column] }
    }
    let mean = mean
    // One row of known.count entries, indexes 0..<known.count into the gathered rows.
    unsafe ck_variational_rows(
      gathered.start, settings.isLiteral ? nil : covariances.start, items.rank, items.stride, items.packed,
      [0, known.count],
      (0..<known.count).map { Int32($0) }, known.map { ratings[$0] - mean }, 1, settings.isLiteral ? 0 : 1, prior,
      Float(settings.noise), &vector, nil, &work)
    return vector
  }

  /// The rating that a vector gives to an item.
  public func predict(_ vector: [Float], item: Int) -> Double {
    precondition(vector.count == items.stride && item >= 0 && item < itemCount, "a vector and an item of this model")
    let (left, right) = (vector[0], items.bias(item))
    // One row of `stride` floats each; the biases' product does not belong.
    let dot = unsafe ck_dot(vector, items.means.at(item * items.stride), items.stride)
    return clipped(mean + dot - left * right + left + right)
  }

  /// The k items with the highest predicted ratings, best first; ties go to the lower index. O(items · factors).
  public func topK(_ vector: [Float], k: Int, excluding: (_ item: Int) -> Bool = { _ in false }) -> [ImplicitModel
    .Recommendation]
  {
    precondition(vector.count == items.stride, "a vector of this model")
    var query = vector
    query[0] = 1
    var scores = [Float](repeating: 0, count: itemCount)
    // itemCount rows of `stride` floats; with 1 in place of the user's bias the item's bias is added.
    unsafe scores.withUnsafeMutableBufferPointer { scores in
      // As above; the base address exists unless there are no items.
      if let out = scores.baseAddress {
        unsafe ck_scores(items.means.start, items.stride, itemCount, items.stride, query, out)
      }
    }
    var top = TopK(k)
    for item in 0..<itemCount where scores[item] > top.threshold && !excluding(item) {
      top.insert(scores[item], Int32(item))
    }
    return top.recommendations.map { .init(item: $0.item, score: Float(clipped(mean + vector[0] + $0.score))) }
  }

  private func clipped(_ value: Float) -> Double { Double(min(range.upperBound, max(range.lowerBound, value))) }

  static func pooled(_ items: PosteriorRows, weights: SparseRows) -> [Float] {
    guard let covariances = items.covariances else { return [Float](repeating: 0, count: items.packed) }
    var sums = [Double](repeating: 0, count: items.packed)
    for item in 0..<items.rows {
      let weight = Double(weights.range(item).count)
      guard weight > 0 else { continue }
      for column in 0..<items.packed { sums[column] += weight * Double(covariances[item * items.packed + column]) }
    }
    return sums.map { Float($0 / Double(max(1, weights.count))) }
  }
}

extension ExplicitModel {
  private static let formatVersion: UInt16 = 1

  /// The model as bytes for a registry: equal models give equal bytes.
  public func serialized() -> [UInt8] {
    var writer = ModelWriter(.explicit, version: Self.formatVersion)
    writer.bool(settings.isLiteral)
    writer.count(settings.factorCount)
    writer.double(settings.factorPenalty)
    writer.double(settings.biasPenalty)
    writer.double(settings.noise)
    writer.float(mean)
    writer.float(range.lowerBound)
    writer.float(range.upperBound)
    writer.count(iterations)
    for side in [users, items] {
      writer.count(side.rows)
      for row in 0..<side.rows {
        for column in 0..<side.rank { writer.float(side.means[row * side.stride + column]) }
      }
    }
    writer.floats(itemCovariance)
    return writer.bytes
  }

  /// Reads what ``serialized()`` wrote; throws ``MachineLearningError/unreadableModel(_:)`` on anything else.
  public init(serialized bytes: [UInt8]) throws(MachineLearningError) {
    var reader = try ModelReader(bytes, .explicit, version: Self.formatVersion)
    let isLiteral = try reader.bool()
    let factorCount = try reader.number(in: 0...255)
    settings = VariationalFitter.Settings(
      factorCount: factorCount, factorPenalty: try reader.double(), biasPenalty: try reader.double(),
      noise: try reader.double(),
      isLiteral: isLiteral)
    mean = try reader.float()
    let (low, high) = (try reader.float(), try reader.float())
    guard low <= high else { throw .unreadableModel("its scale is upside down") }
    range = low...high
    iterations = try reader.number(in: 0...Int.max)
    users = try Self.side(&reader, rank: factorCount + 1)
    items = try Self.side(&reader, rank: factorCount + 1)
    itemCovariance = try reader.floats()
    try reader.finish()
    guard itemCovariance.count == items.packed else { throw .unreadableModel("the covariance does not fit") }
  }

  private static func side(_ reader: inout ModelReader, rank: Int) throws(MachineLearningError) -> PosteriorRows {
    let side = PosteriorRows(rows: try reader.count(of: 4 * rank), rank: rank, hasCovariances: false)
    for row in 0..<side.rows {
      for column in 0..<rank { side.means[row * side.stride + column] = try reader.float() }
    }
    return side
  }
}
