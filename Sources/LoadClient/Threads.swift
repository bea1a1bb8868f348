import Glibc

/// Threads of our own for calls that block: Dispatch starts a thread beyond the number of cores only after a second.
// The thread identifiers are plain numbers here, joined once by the only owner.
struct Threads: ~Copyable {
  private var identifiers: [pthread_t] = []

  /// Starts one more thread.
  mutating func start(_ body: @escaping @Sendable () -> Void) {
    // The box is released by the thread, which always starts when pthread_create says so.
    let box = unsafe Unmanaged.passRetained(Body(body))
    var identifier = pthread_t()
    // The box outlives the call.
    let status = unsafe pthread_create(&identifier, nil, runBody, unsafe box.toOpaque())
    precondition(status == 0, "the system has no thread left")
    identifiers.append(identifier)
  }

  /// Waits until all have ended.
  consuming func join() {
    for identifier in identifiers { pthread_join(identifier, nil) }
  }
}

private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Where a thread begins. Top-level: libpthread calls it without any isolation.
private func runBody(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  // The pointer is the box that start() retained for this thread.
  if let box = unsafe box { unsafe Unmanaged<Body>.fromOpaque(box).takeRetainedValue().run() }
  return nil
}
