import BSON
import Dispatch
import Locks
import Logging
import MongoDB
import Store

/// Keeps the snapshot current: follows the changes of models and products on a thread of its own.
///
/// A change of either is served within about `pollMs`. When the feed breaks, everything is read again and a new one opened.
final class ServingWatcher: Sendable {
  private let store: Store
  private let state: ServingState
  private let limits: ModelLimits
  private let log: Logger
  private let onCheckRequested: @Sendable () -> Void
  private let thread = WorkerThread("customer360.models.watch")
  private let firstRound = DispatchSemaphore(value: 0)

  /// `onCheckRequested` is called on the watcher's thread when somebody wants stored outputs compared with the customers.
  init(
    store: Store, state: ServingState, limits: ModelLimits, log: Logger,
    onCheckRequested: @escaping @Sendable () -> Void
  ) {
    self.onCheckRequested = onCheckRequested
    self.store = store
    self.state = state
    self.limits = limits
    self.log = log
  }

  /// Starts the thread and waits until the first reading has been made or has failed.
  func start() {
    thread.start { [self] in run() }
    firstRound.wait()
  }

  func stop() { thread.stop() }

  private func run() {
    var failuresInARow = 0
    var readings = 0
    var checkSeen: BSONDate?
    while !thread.isStopping {
      do {
        readings += 1
        // The feed is opened first, so that nothing falls between the reading and the feed.
        let feed = try store.servingChanges()
        var catalogue = try readCatalogue(readings)
        state.set(catalogue)
        try state.refreshModels()
        firstRound.signal()
        noticeCheck(&checkSeen)
        failuresInARow = 0
        try follow(feed, &catalogue, &checkSeen)
      } catch {
        firstRound.signal()
        failuresInARow += 1
        log.warning("serving data is not followed", metadata: ["error": "\(error)", "failures": "\(failuresInARow)"])
        thread.pause(milliseconds: min(100 << min(failuresInARow, 6), 5000))
      }
    }
  }

  /// Calls back when a comparison was asked for since the last look. Every start compares anyway.
  private func noticeCheck(_ seen: inout BSONDate?) {
    let requested = state.current.models.values.compactMap { $0.document.date("checkRequestedAt") }.max()
    if requested != seen { onCheckRequested() }
    seen = requested
  }

  private func readCatalogue(_ reading: Int) throws(StoreError) -> Catalogue {
    var catalogue = Catalogue(productsMax: limits.catalogueProductsMax, reading: reading)
    try store.forEachCatalogueEntry(deadline: .after(milliseconds: limits.jobStepTimeoutMs)) { catalogue.apply($0) }
    if catalogue.leftOut > 0 {
      log.error("the catalogue does not fit", metadata: ["leftOut": "\(catalogue.leftOut)"])
    }
    return catalogue
  }

  /// Applies changes in groups: a snapshot is made at most a few times a second, however fast products change.
  private func follow(_ feed: ServingFeed, _ catalogue: inout Catalogue, _ checkSeen: inout BSONDate?) throws {
    while !thread.isStopping {
      guard let first = try feed.next(maxAwaitMilliseconds: limits.pollMs) else { continue }
      var isNewCatalogue = false
      var isNewModel = false
      var next: ServingChange? = first
      let end = ContinuousClock.now + .milliseconds(limits.pollMs / 4)
      while let change = next {
        switch change {
        case .product(let product):
          catalogue.apply(product)
          isNewCatalogue = true
        case .models:
          isNewModel = true
        }
        next = ContinuousClock.now < end ? try feed.next(maxAwaitMilliseconds: 1) : nil
      }
      if isNewCatalogue { state.set(catalogue) }
      if isNewModel {
        try state.refreshModels()
        noticeCheck(&checkSeen)
      }
    }
  }
}
