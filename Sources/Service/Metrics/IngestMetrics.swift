import Ingestion
import Locks
import Store

/// What became of the items that were sent in, since the start.
final class IngestMetrics: Sendable {
  private struct Counts {
    var accepted = 0
    var duplicates = 0
    var rejected = 0
  }

  private let counts = Guarded<[IngestKind: Counts]>([:])

  /// Counts the items of one batch.
  func record(_ report: IngestReport, of kind: IngestKind) {
    counts.withLock {
      $0[kind, default: Counts()].accepted += report.accepted
      $0[kind, default: Counts()].duplicates += report.duplicates
      $0[kind, default: Counts()].rejected += report.rejected
    }
  }

  /// Counts the edit of one item.
  func record(_ edit: VersionedEdit, of kind: IngestKind) {
    counts.withLock {
      switch edit {
      case .created, .replaced: $0[kind, default: Counts()].accepted += 1
      case .unchanged: $0[kind, default: Counts()].duplicates += 1
      case .conflict: $0[kind, default: Counts()].rejected += 1
      }
    }
  }

  func append(to text: inout PrometheusText) {
    text.begin("customer360_ingest_items_total", .counter, "Items sent in, by kind and by what became of them.")
    let counts = counts.withLock { $0 }
    for kind in IngestKind.allCases {
      let count = counts[kind] ?? Counts()
      for (outcome, value) in [
        ("accepted", count.accepted), ("duplicate", count.duplicates), ("rejected", count.rejected),
      ] {
        text.sample(value, [("kind", kind.rawValue), ("outcome", outcome)])
      }
    }
  }
}
