/// What training may use and whom it tells. The result does not depend on it: any number of threads gives the same bytes.
public struct TrainingContext: Sendable {
  /// Threads to compute on, the calling one included; at least 1.
  public let threads: Int
  /// Asked between iterations; true ends the training with ``MachineLearningError/cancelled``.
  public let isCancelled: @Sendable () -> Bool
  /// Told the done share of the work, 0...1, never decreasing, from the calling thread.
  public let progress: @Sendable (Double) -> Void

  /// By default one thread, never cancelled, telling nobody.
  public init(
    threads: Int = 1, isCancelled: @escaping @Sendable () -> Bool = { false },
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) {
    self.threads = max(1, threads)
    self.isCancelled = isCancelled
    self.progress = progress
  }

  func checkCancelled() throws(MachineLearningError) {
    if isCancelled() { throw .cancelled }
  }

  /// The same, telling progress scaled into a part of the whole.
  func part(_ range: ClosedRange<Double>) -> TrainingContext {
    let progress = self.progress
    return TrainingContext(threads: threads, isCancelled: isCancelled) {
      progress(range.lowerBound + (range.upperBound - range.lowerBound) * $0)
    }
  }

  /// The same on one thread and silent, for work inside a parallel loop.
  var alone: TrainingContext { TrainingContext(threads: 1, isCancelled: isCancelled) }
}
