import Dispatch
import Locks
import Synchronization

/// Splits `0..<count` into ranges, calls `body` for each on up to `threads` threads and gives the results in the ranges' order.
func mapRanges<Result: Sendable>(
  of count: Int, threads: Int, rangesMax: Int = 64, _ body: @Sendable (Range<Int>) -> Result
) -> [Result] {
  let size = max(256, (count + rangesMax - 1) / rangesMax)
  let ranges = stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  guard threads > 1, ranges.count > 1 else { return ranges.map(body) }
  let next = Atomic(0)
  let results = Guarded<[Result?]>(Array(repeating: nil, count: ranges.count))
  DispatchQueue.concurrentPerform(iterations: min(threads, ranges.count)) { _ in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < ranges.count else { return }
      let result = body(ranges[index])
      results.withLock { $0[index] = result }
    }
  }
  return results.withLock { $0.compactMap { $0 } }
}
