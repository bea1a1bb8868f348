import Dispatch
import Synchronization

/// Says whether a lease that is being kept should be kept any longer.
public final class LeaseWatch: Sendable {
  private let state = Atomic(false)

  /// Whether the lease is lost, or somebody has asked for it.
  public var hasEnded: Bool { state.load(ordering: .acquiring) }

  fileprivate func end() { state.store(true, ordering: .releasing) }
}

extension Store {
  /// Runs `body` while a lease is renewed four times in its length on a queue of its own, so that work may take longer than
  /// the lease lasts. `body` is told when it should come to an end; what it writes after that is its own matter, see
  /// `Store.held(under:)` and `ProjectionCollections.held(under:)`.
  public func keeping<R, E: Error>(
    _ lease: Lease, milliseconds: Int, _ body: (LeaseWatch) throws(E) -> R
  ) throws(E) -> R {
    let watch = LeaseWatch()
    let queue = DispatchQueue(label: "customer360.lease")
    let timer = DispatchSource.makeTimerSource(queue: queue)
    let interval = max(milliseconds / 4, 1)
    timer.schedule(deadline: .now() + .milliseconds(interval), repeating: .milliseconds(interval))
    timer.setEventHandler {
      // Who has lost it does not ask for it again while its work still comes to an end.
      guard !watch.hasEnded else { return }
      do throws(StoreError) {
        let renewed = try self.acquireLease(
          lease.name, owner: lease.owner, milliseconds: milliseconds, deadline: .after(milliseconds: interval))
        // Granted anew, it had been lost: others may have worked meanwhile.
        if renewed?.term != lease.term { watch.end() }
      } catch {
        // The lease outlives a few beats that fail.
      }
    }
    timer.activate()
    defer {
      timer.cancel()
      // A beat that is under way would take the lease again after it was given back.
      queue.sync {}
    }
    return try body(watch)
  }
}
