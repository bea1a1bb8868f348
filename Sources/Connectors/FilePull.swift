import BSON
import Dispatch
import Ingestion
import LoadClient
import Store

/// Files and folders on the service's own machine: what is there, then what is added to them or appears.
public struct FilePull: Pull {
  /// The type of such sources.
  public let type = "files"
  /// What the items are.
  public let kind: IngestKind
  private let paths: [String]
  private let mapping: ColumnMapping?
  private let settleSeconds: Int
  private let decoder = BatchDecoder()

  /// A last line without an end counts as whole when its file has not changed for so long.
  public static let settleSecondsUsual = 60
  /// How long a follower waits before it looks again.
  private static let lookMs = 500

  /// A pull of files, and of the data files in folders.
  /// - Parameter mapping: a file of the form that `customer360 load --map` takes.
  public init(
    paths: [String], kind: IngestKind, mapping: String? = nil, settleSeconds: Int = FilePull.settleSecondsUsual
  ) throws(PullError) {
    self.paths = paths
    self.kind = kind
    self.settleSeconds = settleSeconds
    do throws(LoadError) {
      self.mapping = try mapping.map { path throws(LoadError) in try ColumnMapping(file: path) }
    } catch {
      throw .usage(error.message)
    }
  }

  /// Reads what lies past the ledger's position; see `Pull`.
  public func run(_ ledger: inout PullLedger, progress: (Int) -> Void) throws(PullError) {
    var follower = FileFollower(
      paths: paths, kind: LoadKind(rawValue: kind.rawValue) ?? .events, mapping: mapping,
      settleMs: settleSeconds * 1_000, positions: FilePositions(ledger.source.position))
    var received = 0
    var isAtEnd = false
    while ledger.mayContinue {
      let piece: FileFollower.Piece?
      do throws(LoadError) {
        piece = try follower.next(nowMs: Int(DispatchTime.now().uptimeNanoseconds / 1_000_000))
      } catch {
        throw .source(error.message)
      }
      // A file that cannot be read now may be finished later; the others go on.
      if let problem = follower.problems.first { ledger.remark = problem.message }
      guard let piece else {
        if !isAtEnd || !follower.problems.isEmpty {
          try ledger.succeed(at: ledger.source.position, lag: .init(0, "bytes"))
        }
        isAtEnd = true
        guard ledger.follows else { return }
        ledger.wait(milliseconds: Self.lookMs)
        continue
      }
      isAtEnd = false
      try store(piece, &ledger)
      received += piece.itemCount
      progress(received)
    }
  }

  private func store(_ piece: FileFollower.Piece, _ ledger: inout PullLedger) throws(PullError) {
    var items: [DecodedItem]
    let format: IngestFormat =
      switch piece.contentType {
      case "text/csv": .csv
      case "application/json": .json
      default: .ndjson
      }
    do throws(IngestError) {
      items = piece.itemCount == 0 ? [] : try decoder.decode(kind, piece.body, as: format, receivedAt: ledger.now)
    } catch {
      throw .ingest(error)
    }
    let unreadable = piece.unreadable
    for line in unreadable {
      items.append(.rejected(Rejection(index: items.count, id: nil, code: line.code, field: nil)))
    }
    try ledger.take(
      kind, items,
      items: { $0 < piece.itemCount ? piece.original($0) : unreadable[$0 - piece.itemCount].original },
      position: piece.positions.document, lag: .init(piece.bytesLeft, "bytes"))
  }
}
