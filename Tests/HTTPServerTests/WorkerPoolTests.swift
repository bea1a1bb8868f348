import Dispatch
import Glibc
import Locks
import Testing

@testable import HTTPServer

@Suite struct WorkerPoolTests {
  private static func pool(threads: Int, writersMax: Int) throws -> WorkerPool {
    let pool = WorkerPool(threads: threads, writersMax: writersMax, queueMax: 1_000)
    try pool.start()
    #expect(settles { pool.idleCount == threads })
    return pool
  }

  /// Whether something comes to hold within ten seconds.
  private static func settles(_ condition: () -> Bool) -> Bool {
    for _ in 0..<10_000 {
      if condition() { return true }
      // Threads settle by themselves; what is asked costs a lock that they need.
      usleep(1_000)
    }
    return false
  }

  @Test func `the thread that worked last works next`() throws {
    let pool = try Self.pool(threads: 8, writersMax: 4)
    defer { pool.stop() }
    let workers = Guarded<Set<pthread_t>>([])
    for number in 0..<100 {
      let isTaken = pool.submit(isWrite: number % 3 == 0) { workers.withLock { _ = $0.insert(pthread_self()) } }
      #expect(isTaken)
      #expect(Self.settles { pool.idleCount == 8 && pool.depth == 0 })
    }
    #expect(workers.withLock { $0.count } == 1)
  }

  @Test func `as many threads work as there are jobs, and writes keep to their share`() throws {
    let pool = try Self.pool(threads: 4, writersMax: 2)
    defer { pool.stop() }
    let (running, done) = (Guarded((writes: 0, reads: 0)), Guarded(0))
    let gate = DispatchSemaphore(value: 0)
    for _ in 0..<6 {
      let isTaken = pool.submit(isWrite: true) {
        running.withLock { $0.writes += 1 }
        gate.wait()
        done.withLock { $0 += 1 }
      }
      #expect(isTaken)
    }
    #expect(Self.settles { running.withLock { $0.writes } == 2 })
    for _ in 0..<2 {
      let isTaken = pool.submit {
        running.withLock { $0.reads += 1 }
        gate.wait()
        done.withLock { $0 += 1 }
      }
      #expect(isTaken)
    }
    #expect(Self.settles { running.withLock { $0.reads } == 2 && pool.idleCount == 0 && pool.depth == 4 })
    for _ in 0..<8 { gate.signal() }
    #expect(Self.settles { done.withLock { $0 } == 8 && pool.idleCount == 4 })
  }

  @Test func `nothing that was submitted is left lying, whoever submits`() throws {
    let pool = try Self.pool(threads: 3, writersMax: 1)
    defer { pool.stop() }
    let done = Guarded(0)
    for _ in 0..<50 {
      DispatchQueue.concurrentPerform(iterations: 8) { number in
        for _ in 0..<10 {
          _ = pool.submit(isUrgent: true, isWrite: number % 2 == 0) { done.withLock { $0 += 1 } }
        }
      }
      // Now and then long enough for all threads to be idle again: both ways of finding work are taken.
      if Bool.random() { usleep(100) }
    }
    #expect(Self.settles { done.withLock { $0 } == 4_000 && pool.idleCount == 3 })
  }
}
