import CMongoC

/// Something that happens once, and that threads can wait for.
///
/// Safe although it holds a pointer: the shim's event locks for itself and is freed in deinit, nowhere else.
@safe
package final class MonotonicEvent: Sendable {
  // Shared by threads: the shim's event locks for itself.
  nonisolated(unsafe) private let handle: OpaquePointer

  package init() {
    unsafe handle = c360_event_new()
  }

  deinit {
    unsafe c360_event_free(handle)
  }

  /// Lets every waiter go on, now and later.
  package func set() {
    unsafe c360_event_set(handle)
  }

  /// Waits for the event; false when the deadline came first.
  @discardableResult
  package func wait(until deadline: Deadline) -> Bool {
    unsafe c360_event_wait(handle, deadline.microseconds) != 0
  }
}
