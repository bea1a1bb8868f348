import Dispatch
import Locks
import MongoDB
import Store

/// The API keys in memory: an immutable snapshot that is replaced as a whole, so that no request reads the database for its
/// key.
///
/// Until a first load has succeeded nobody is let in. A database that never had a key leaves the service open; one that had
/// a key since this process started never does again.
final class KeyRing: Sendable {
  /// What is known of the keys.
  enum Snapshot: Sendable {
    /// Not loaded yet.
    case unknown
    /// There is no key.
    case empty
    /// The keys by id.
    case keys([String: APIKey])
  }

  private struct State {
    var snapshot = Snapshot.unknown
    var loadedAt: ContinuousClock.Instant?
    var hadKeys = false
  }

  private let store: Store
  private let state = Guarded(State())
  /// One at a time looks for keys that are missing here.
  private let misses = DispatchQueue(label: "customer360.keys")

  init(_ store: Store) { self.store = store }

  /// The keys as they were last loaded.
  var snapshot: Snapshot { state.withLock { $0.snapshot } }

  /// Loads the keys anew. Blocks.
  func load(deadline: Deadline) throws(StoreError) {
    let keys = try store.apiKeys(deadline: deadline)
    state.withLock {
      $0.loadedAt = .now
      $0.hadKeys = $0.hadKeys || !keys.isEmpty
      $0.snapshot =
        $0.hadKeys ? .keys(Dictionary(keys.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })) : .empty
    }
  }

  /// How old a snapshot may be for a key that it does not have to be refused at once.
  static let missAgeMin = Duration.milliseconds(200)

  /// Time for such a load, in milliseconds.
  static let missTimeoutMs = 2_000

  /// Loads the keys anew for one that the snapshot does not have, unless that was done within `missAgeMin`: strangers
  /// cause five loads a second at the most. Blocks.
  func loadAfterMiss(deadline: Deadline) throws(StoreError) {
    let result = misses.sync { () -> Result<Void, StoreError> in
      let age = state.withLock { $0.loadedAt }.map { ContinuousClock.now - $0 }
      if let age, age < Self.missAgeMin { return .success(()) }
      return Result { () throws(StoreError) in
        try load(deadline: min(deadline, .after(milliseconds: Self.missTimeoutMs)))
      }
    }
    try result.get()
  }
}
