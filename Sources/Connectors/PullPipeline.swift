import BSON
import Dispatch
import Ingestion
import Locks
import Store

/// Stores pieces of a source on threads of its own while the next ones are read, and moves the source's position behind them in their
/// order.
///
/// Pieces that hold an item of the same id are never under way at a time: of two versions the one that was read later is the one that
/// stays. The position moves when a piece and all before it are stored, so a run that is cut off reads again what was under way, and what
/// of that is stored is a duplicate. Owned by one thread; `finish` or `abandon` ends it.
final class PullPipeline {
  /// A piece on its way.
  private final class Piece: Sendable {
    let ids: Set<ByteString>
    let items: @Sendable (Int) -> [UInt8]
    let position: BSONDocument
    let lag: PullSource.Lag?
    let done = DispatchSemaphore(value: 0)
    let outcome = Guarded<Result<IngestReport, PullError>?>(nil)

    init(
      _ ids: Set<ByteString>, items: @escaping @Sendable (Int) -> [UInt8], position: BSONDocument, lag: PullSource.Lag?
    ) {
      self.ids = ids
      self.items = items
      self.position = position
      self.lag = lag
    }
  }

  private let kind: IngestKind
  private let depth: Int
  private let expectsNew: Bool
  private let queue = DispatchQueue(label: "customer360.pull-pieces", attributes: .concurrent)
  private var underWay: [Piece] = []
  private var savedAt = ContinuousClock.now

  /// How long a position may stay behind what is stored, in milliseconds: what is read again after a `kill -9`.
  static let saveMs = 200

  /// - Parameters:
  ///   - depth: pieces under way at a time.
  ///   - expectsNew: whether items are mostly new, as in a first copy.
  init(_ kind: IngestKind, depth: Int, expectsNew: Bool) {
    self.kind = kind
    self.depth = depth
    self.expectsNew = expectsNew
  }

  /// Puts a piece on its way; waits while too many are, or one that shares an id with it.
  func take(
    _ decoded: [DecodedItem], items: @escaping @Sendable (Int) -> [UInt8], position: BSONDocument,
    lag: PullSource.Lag?, _ ledger: inout PullLedger
  ) throws(PullError) {
    let ids = Set(decoded.compactMap { $0.id.map { ByteString($0) } })
    while underWay.count >= depth || underWay.contains(where: { !$0.ids.isDisjoint(with: ids) }) {
      try settleFirst(&ledger)
    }
    let piece = Piece(ids, items: items, position: position, lag: lag)
    underWay.append(piece)
    let work = ledger.work(kind, expectingNew: expectsNew)
    queue.async {
      let outcome: Result<IngestReport, PullError>
      do throws(PullError) { outcome = .success(try work(decoded)) } catch { outcome = .failure(error) }
      piece.outcome.withLock { $0 = outcome }
      piece.done.signal()
    }
    while let first = underWay.first, first.outcome.withLock({ $0 != nil }) { try settleFirst(&ledger) }
  }

  /// Waits for all pieces and stores the last position.
  func finish(_ ledger: inout PullLedger) throws(PullError) {
    while !underWay.isEmpty { try settleFirst(&ledger) }
    try ledger.save()
  }

  /// Waits for all pieces whatever becomes of them: nothing is written after this.
  func abandon() {
    for piece in underWay { piece.done.wait() }
    underWay.removeAll()
  }

  private func settleFirst(_ ledger: inout PullLedger) throws(PullError) {
    let first = underWay[0]
    first.done.wait()
    underWay.removeFirst()
    guard let outcome = first.outcome.withLock({ $0 }) else { return }
    try ledger.settle(try outcome.get(), items: first.items, position: first.position, lag: first.lag)
    guard ContinuousClock.now - savedAt >= .milliseconds(Self.saveMs) else { return }
    try ledger.save()
    savedAt = .now
  }
}
