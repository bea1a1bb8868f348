import BSON
import Ingestion
import Locks
import MongoDB
import MongoTesting
import Store

@testable import Connectors

/// A store of its own, and ledgers on it.
struct Bench {
  let store: Store
  let refusals = Guarded<[PullLedger.Refusal]>([])

  init() throws {
    store = Store(try TestDatabase.fresh())
    try store.prepare(deadline: .after(milliseconds: 30_000))
  }

  func ledger(_ name: String, type: String, kind: IngestKind) throws -> PullLedger {
    try PullLedger(
      name: name, type: type, kind: kind.rawValue, store: store, ingestor: Ingestor(store: store), clock: WallClock.now,
      refused: { items in refusals.withLock { $0 += items } })
  }

  var deadline: Deadline { .after(milliseconds: 30_000) }
}
