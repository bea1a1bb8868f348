import FoundationEssentials
import Glibc
import Locks
import Synchronization

/// Folders of this process's tests, removed when it ends; those that killed processes left behind are removed too.
public enum TestFolder {
  private static let root: String = {
    let temporary = "/tmp/customer360-tests"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: temporary)) ?? [] {
      if let pid = Int32(name), kill(pid, 0) != 0, errno == ESRCH {
        try? FileManager.default.removeItem(atPath: "\(temporary)/\(name)")
      }
    }
    let own = "\(temporary)/\(getpid())"
    atExit { try? FileManager.default.removeItem(atPath: own) }
    return own
  }()

  private static let count = Atomic(0)

  /// A new, empty folder.
  public static func make(_ name: String) -> String {
    let path = "\(root)/\(count.add(1, ordering: .relaxed).newValue)-\(name)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
  }

  private static let actions = Guarded<[@Sendable () -> Void]>([])

  private static let isRegistered: Bool = {
    atexit(runActions)
    return true
  }()

  /// Runs an action when the process ends; the last one given runs first.
  public static func atExit(_ action: @escaping @Sendable () -> Void) {
    _ = isRegistered
    actions.withLock { $0.append(action) }
  }

  fileprivate static func run() {
    for action in actions.withLock({ $0 }).reversed() { action() }
  }
}

/// What atexit calls.
private func runActions() {
  TestFolder.run()
}
