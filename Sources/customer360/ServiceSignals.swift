import Dispatch
import Glibc
import Synchronization

/// The signals of a long-running command: what ends it, and what makes it read its certificates again.
final class ServiceSignals: Sendable {
  private let sources = Mutex<[any DispatchSourceSignal]>([])
  private let ended = DispatchSemaphore(value: 0)
  private let endings = Atomic(0)
  private let queue = DispatchQueue(label: "customer360.signals")

  /// Takes the signals over. From here on none of them ends the process by itself.
  static func install() -> ServiceSignals {
    let signals = ServiceSignals()
    for number in [SIGTERM, SIGINT] {
      signals.handle(number) {
        // The first asks for an orderly end, the second for none.
        if signals.endings.add(1, ordering: .relaxed).newValue > 1 { _exit(130) }
        signals.ended.signal()
      }
    }
    // The disposition is changed before any socket is written.
    _ = unsafe signal(SIGPIPE, SIG_IGN)
    return signals
  }

  /// Calls `body` on every SIGHUP.
  func onHangUp(_ body: @escaping @Sendable () -> Void) { handle(SIGHUP, body) }

  /// Returns after SIGTERM or SIGINT.
  func waitForEnd() {
    ended.wait()
    ended.signal()
  }

  /// Whether an end has been asked for.
  var isEnding: Bool { endings.load(ordering: .relaxed) > 0 }

  private func handle(_ number: Int32, _ body: @escaping @Sendable () -> Void) {
    // A signal reaches a dispatch source only when its default action is off.
    _ = unsafe signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
    source.setEventHandler(handler: DispatchWorkItem(block: body))
    source.resume()
    sources.withLock { $0.append(source) }
  }
}
