import Dispatch
import Glibc
import Locks
import Synchronization

/// The signals of a long-running command: what ends it, and what makes it read its certificates again.
///
/// One for the life of the process, made before any thread that could be interrupted.
final class ServiceSignals: Sendable {
  private let ended = DispatchSemaphore(value: 0)
  private let endings = Atomic(0)
  private let hangUp = Guarded<@Sendable () -> Void>({})

  /// Takes the signals over. From here on none of them ends the process by itself.
  static func install() -> ServiceSignals {
    let signals = ServiceSignals()
    let queue = DispatchQueue(label: "customer360.signals")
    for number in [SIGTERM, SIGINT, SIGHUP] {
      // A signal reaches a dispatch source only when its default action is off.
      _ = signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      // The handler holds the source, which so lives as long as the process.
      source.setEventHandler(handler: DispatchWorkItem { withExtendedLifetime(source) { signals.received(number) } })
      source.resume()
    }
    _ = signal(SIGPIPE, SIG_IGN)
    return signals
  }

  /// Calls `body` on every SIGHUP from now on.
  func onHangUp(_ body: @escaping @Sendable () -> Void) { hangUp.withLock { $0 = body } }

  /// Returns after SIGTERM or SIGINT.
  func waitForEnd() {
    ended.wait()
    ended.signal()
  }

  /// Whether an end has been asked for.
  var isEnding: Bool { endings.load(ordering: .relaxed) > 0 }

  private func received(_ number: Int32) {
    if number == SIGHUP { return hangUp.withLock { $0 }() }
    // The first asks for an orderly end, the second for none.
    if endings.add(1, ordering: .relaxed).newValue > 1 { _exit(130) }
    ended.signal()
  }
}
