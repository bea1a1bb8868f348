import Dispatch
import Locks
import Synchronization

/// Calls `body(worker, index)` once for every index below `count`, on up to `threads` threads. Which worker (below `threads`) gets an
/// index is left to chance, so results must go to places owned by the index; the worker number is for scratch memory.
func concurrently(_ count: Int, threads: Int, _ body: @Sendable (_ worker: Int, _ index: Int) -> Void) {
  let workers = min(threads, count)
  guard workers > 1 else {
    for index in 0..<count { body(0, index) }
    return
  }
  let next = Atomic(0)
  DispatchQueue.concurrentPerform(iterations: workers) { worker in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      body(worker, index)
    }
  }
}

/// Results of a parallel loop that are not plain numbers: one place per index.
final class Slots<Value: Sendable>: Sendable {
  private let values: Guarded<[Value?]>

  init(_ count: Int) { values = Guarded([Value?](repeating: nil, count: count)) }

  func put(_ value: Value?, at index: Int) { values.withLock { $0[index] = value } }

  var all: [Value?] { values.withLock { $0 } }
}
