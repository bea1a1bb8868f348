import Glibc

/// A value behind a lock: the house's only lock.
///
/// A pthread mutex, because ThreadSanitizer understands it: Synchronization's Mutex waits inside a library that is not
/// instrumented, and each contended use is then reported as a race. `@unchecked Sendable`, `@safe`: `state` is reached with
/// the lock held only, and `lock` is made in init and freed in deinit.
@safe public final class Guarded<State>: @unchecked Sendable {
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private var state: State

  /// Puts a value behind a lock of its own.
  public init(_ state: sending State) {
    self.state = state
    // At an address of its own that never changes, as pthread asks for.
    unsafe lock = .allocate(capacity: 1)
    // As above.
    unsafe lock.initialize(to: pthread_mutex_t())
    // As above.
    unsafe pthread_mutex_init(lock, nil)
  }

  deinit {
    // Nobody holds it: nobody has a reference.
    unsafe pthread_mutex_destroy(lock)
    // As above.
    unsafe lock.deallocate()
  }

  /// Lets `body` read and change the value with the lock held. `body` must not take the same lock again.
  public func withLock<Result, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Made in init.
    unsafe pthread_mutex_lock(lock)
    // As above.
    defer { unsafe pthread_mutex_unlock(lock) }
    return try body(&state)
  }
}
