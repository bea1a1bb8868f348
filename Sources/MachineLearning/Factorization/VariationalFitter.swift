import CKernels

/// One side of an explicit factorization: per row a bias and factors, as posterior means and covariances.
final class PosteriorRows: Sendable {
  let rows: Int
  /// 1 + factors.
  let rank: Int
  let stride: Int
  /// Floats of a covariance's lower triangle, padded to a multiple of 16.
  let packed: Int
  let means: Buffer<Float>
  /// nil when point estimates are all that is wanted.
  let covariances: Buffer<Float>?

  init(rows: Int, rank: Int, hasCovariances: Bool) {
    self.rows = rows
    self.rank = rank
    stride = (rank + 15) / 16 * 16
    packed = (rank * (rank + 1) / 2 + 15) / 16 * 16
    means = Buffer(rows * stride, filledWith: 0)
    covariances = hasCovariances ? Buffer(rows * packed, filledWith: 0) : nil
  }

  func bias(_ row: Int) -> Float { means[row * stride] }
}

/// Variational Bayesian matrix factorization (Lim and Teh 2007) with biases: r ≈ μ + b_u + b_i + x_u·y_i, every row normal with a given
/// prior, posteriors factorized over rows. Each half step is a ridge regression that adds the other side's covariances to its Gram matrix:
/// a row that is known badly is trusted less, which is what plain ALS lacks. Without covariances it is ALS.
struct VariationalFitter: Sendable {
  /// The priors of one fit.
  struct Settings: Sendable, Equatable {
    /// Factors, 0 for biases alone.
    var factorCount: Int
    /// noise / (prior variance of a factor).
    var factorPenalty: Double
    /// noise / (prior variance of a bias).
    var biasPenalty: Double
    /// The variance of a rating about its prediction.
    var noise: Double
    /// No biases, no covariances, no mean: Σ(r - x·y)² + λ(Σ|x|² + Σ|y|²), as BigQuery ML has it.
    var isLiteral: Bool
  }

  let settings: Settings
  let mean: Float
  let byUser: SparseRows
  let byItem: SparseRows
  let seed: UInt64
  let context: TrainingContext

  init(_ ratings: SparseRows, mean: Float, settings: Settings, seed: UInt64, context: TrainingContext) {
    self.settings = settings
    self.mean = mean
    byUser = ratings.mapValues { $0 - mean }
    byItem = byUser.transposed()
    self.seed = seed
    self.context = context
  }

  /// Alternates sides until `iterationsMax`, or until the training error falls by less than `relativeProgressMin` in an iteration.
  func run(
    iterationsMax: Int, relativeProgressMin: Double = 0
  ) throws(MachineLearningError) -> (users: PosteriorRows, items: PosteriorRows, iterations: Int) {
    let rank = settings.factorCount + 1
    let users = PosteriorRows(rows: byUser.rowCount, rank: rank, hasCovariances: !settings.isLiteral)
    let items = PosteriorRows(rows: byItem.rowCount, rank: rank, hasCovariances: !settings.isLiteral)
    var random = SeededRandom(seed: seed)
    let scale = 0.3 * (settings.noise / max(1e-9, settings.factorPenalty)).squareRoot()
    for row in 0..<items.rows {
      for column in 1..<max(1, rank) { items.means[row * items.stride + column] = Float(random.gaussian() * scale) }
    }
    var before = Double.infinity
    for iteration in 0..<iterationsMax {
      try context.checkCancelled()
      solve(byUser, other: items, into: users)
      solve(byItem, other: users, into: items)
      context.progress(Double(iteration + 1) / Double(iterationsMax))
      guard relativeProgressMin > 0 else { continue }
      let error = squaredError(users, items)
      if before.isFinite, before - error < relativeProgressMin * before { return (users, items, iteration + 1) }
      before = error
    }
    return (users, items, iterationsMax)
  }

  /// Mean squared error on the training ratings.
  func squaredError(_ users: PosteriorRows, _ items: PosteriorRows) -> Double {
    var sum = 0.0
    for user in 0..<byUser.rowCount {
      for index in byUser.range(user) {
        let error = byUser.values[index] - Self.product(users, user, items, Int(byUser.columns[index]))
        sum += Double(error * error)
      }
    }
    return sum / Double(max(1, byUser.count))
  }

  /// b_u + b_i + x_u·y_i.
  static func product(_ users: PosteriorRows, _ user: Int, _ items: PosteriorRows, _ item: Int) -> Float {
    let (left, right) = (users.bias(user), items.bias(item))
    // One row of `stride` floats on each side; the biases' product does not belong.
    let dot = unsafe ck_dot(users.means.at(user * users.stride), items.means.at(item * items.stride), users.stride)
    return dot - left * right + left + right
  }

  private func solve(_ entries: SparseRows, other: PosteriorRows, into own: PosteriorRows) {
    let rank = own.rank
    var prior = [Float](repeating: Float(settings.factorPenalty), count: rank)
    prior[0] = Float(settings.biasPenalty)
    let (priors, columns) = (
      Buffer(prior, paddedTo: rank, with: 0), Buffer(entries.columns, paddedTo: entries.count, with: 0)
    )
    let values = Buffer(entries.values, paddedTo: entries.count, with: 0)
    let starts = Buffer(entries.starts, paddedTo: entries.rowCount + 1, with: 0)
    let scratch = (0..<context.threads).map { _ in
      Buffer(Int(ck_variational_work(rank, own.stride, own.packed)), filledWith: Float(0))
    }
    let settings = settings
    concurrently((entries.rowCount + 15) / 16, threads: context.threads) { worker, block in
      let first = block * 16
      // Sixteen rows of `own` and this worker's scratch are written; the other side is only read.
      unsafe ck_variational_rows(
        other.means.start, other.covariances?.start, rank, own.stride, own.packed, starts.at(first), columns.start,
        values.start,
        min(16, entries.rowCount - first), settings.isLiteral ? 0 : 1, priors.start, Float(settings.noise),
        own.means.at(first * own.stride), own.covariances?.at(first * own.packed), scratch[worker].start)
    }
  }
}
