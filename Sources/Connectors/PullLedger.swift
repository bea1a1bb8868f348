import BSON
import Ingestion
import MongoDB
import Store

/// Takes the pieces that a reader brings into the store, and moves the source's position behind each.
public struct PullLedger {
  /// An item that was refused.
  public struct Refusal: Sendable {
    /// The item as the source gave it, or what names it there.
    public let item: [UInt8]
    /// Its id, where it has one.
    public let id: String?
    /// Why: a stable code.
    public let code: String
    /// The field at fault.
    public let field: String?
  }

  /// The source as it stands.
  public private(set) var source: PullSource
  /// Something that whoever runs the source should know; stored with the next success.
  public var remark: String? {
    get { source.remark }
    set { source.remark = newValue }
  }
  private let store: Store
  private let ingestor: Ingestor
  private let clock: () -> BSONDate
  private let refused: ([Refusal]) throws(PullError) -> Void
  /// Whether a source that tells of changes by itself is listened to until the end.
  public let follows: Bool
  private let isStopping: () -> Bool
  private let pause: (Int) -> Void
  private let observe: (PullSource) -> Void

  /// One piece's time with the database.
  private static let timeoutMs = 60_000

  /// Opens the ledger of a source. A name belongs to one type and kind.
  /// - Parameters:
  ///   - refused: keeps items that were refused; called before the position moves.
  ///   - follows: whether a run goes on as long as the source tells of changes.
  ///   - isStopping: asked between pieces.
  ///   - pause: waits for so many milliseconds, or until it is stopped.
  ///   - observe: sees the source as it was opened, and whenever pieces are settled.
  public init(
    name: String, type: String, kind: String, store: Store, ingestor: Ingestor, clock: @escaping () -> BSONDate,
    refused: @escaping ([Refusal]) throws(PullError) -> Void, follows: Bool = false,
    isStopping: @escaping () -> Bool = { false }, pause: @escaping (Int) -> Void = { _ in },
    observe: @escaping (PullSource) -> Void = { _ in }
  ) throws(PullError) {
    self.store = store
    self.ingestor = ingestor
    self.clock = clock
    self.refused = refused
    self.follows = follows
    self.isStopping = isStopping
    self.pause = pause
    self.observe = observe
    let known = try Self.storing { () throws(StoreError) in
      try store.pullSource(name, deadline: .after(milliseconds: Self.timeoutMs))
    }
    source = known ?? PullSource(name: name, type: type, kind: kind)
    guard source.type == type, source.kind == kind else {
      throw .usage("the source \(name) brings \(source.kind) from \(source.type): choose another --name")
    }
    observe(source)
  }

  /// When a piece is taken in.
  public var now: BSONDate { clock() }

  /// Waits for a source that does not tell of changes by itself.
  func wait(milliseconds: Int) { pause(milliseconds) }

  /// Whether another piece may be read.
  public var mayContinue: Bool { !isStopping() }

  /// Stores a piece and moves the position. `items` are the piece's items as the source gave them, in the same order.
  @discardableResult
  public mutating func take(
    _ kind: IngestKind, _ decoded: [DecodedItem], items: (Int) -> [UInt8], position: BSONDocument,
    lag: PullSource.Lag? = nil
  ) throws(PullError) -> IngestReport {
    let report = try work(kind)(decoded)
    try settle(report, items: items, position: position, lag: lag)
    try save()
    return report
  }

  /// What stores a piece, on whatever thread it is called.
  func work(
    _ kind: IngestKind, expectingNew: Bool = false
  ) -> @Sendable ([DecodedItem]) throws(PullError) -> IngestReport {
    let (ingestor, batchId) = (ingestor, "pull_" + source.name)
    return { (decoded) throws(PullError) in
      do throws(IngestError) {
        return try ingestor.ingest(
          kind, decoded, expectingNew: expectingNew, batchId: batchId, deadline: .after(milliseconds: Self.timeoutMs))
      } catch {
        throw .ingest(error)
      }
    }
  }

  /// Notes what became of a piece that is stored, and the position behind it; `save` stores that.
  mutating func settle(
    _ report: IngestReport, items: (Int) -> [UInt8], position: BSONDocument, lag: PullSource.Lag?
  ) throws(PullError) {
    if let later = report.errors.first(where: \.retryable) {
      throw .source("MongoDB cannot store an item now (\(later.code)): run again later")
    }
    if !report.errors.isEmpty {
      try refused(report.errors.map { Refusal(item: items($0.index), id: $0.id, code: $0.code, field: $0.field) })
    }
    source.received += report.received
    source.accepted += report.accepted
    source.duplicates += report.duplicates
    source.rejected += report.rejected
    source.position = position
    source.lag = lag
    (source.error, source.errorAt) = (nil, nil)
  }

  /// Notes that a run failed.
  public mutating func fail(_ error: PullError) throws(PullError) {
    source.error = String(error.message.prefix(500))
    source.errorAt = clock()
    try save()
  }

  /// Notes that the source was read to its end, and the position there.
  public mutating func succeed(at position: BSONDocument, lag: PullSource.Lag? = nil) throws(PullError) {
    source.position = position
    source.lag = lag
    source.lastSuccessAt = clock()
    (source.error, source.errorAt) = (nil, nil)
    try save()
  }

  /// Forgets the position, and says why.
  public mutating func beginAnew(remark: String) throws(PullError) {
    source.position = BSONDocument()
    source.remark = remark
    try save()
  }

  /// Stores where the source stands.
  func save() throws(PullError) {
    try Self.storing { () throws(StoreError) in
      try store.setPullSource(source, at: clock(), deadline: .after(milliseconds: Self.timeoutMs))
    }
    observe(source)
  }

  private static func storing<R>(_ body: () throws(StoreError) -> R) throws(PullError) -> R {
    do throws(StoreError) { return try body() } catch { throw .ingest(.store(error)) }
  }
}
