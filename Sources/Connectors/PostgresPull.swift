import BSON
import Ingestion

/// Rows of a SQL query as items, by keyset: in the order of a watermark and a key, a thousand at a time, some pieces being
/// stored while the next is read.
///
/// The columns of the query are the fields of the items, by name; `AS "userId"` renames them. PostgreSQL itself writes each row as
/// JSON, so `numeric` keeps its digits, `timestamptz` its moment, arrays and `jsonb` their shape.
public struct PostgresPull: Pull {
  /// The type of such sources.
  public let type = "postgres"
  /// Connection string or URI of libpq.
  public var dsn: String
  /// What the items are.
  public let kind: IngestKind
  /// A SELECT.
  public var query: String
  /// The query's column that grows when a row changes.
  public var watermark: String
  /// The query's column that tells rows of one watermark apart.
  public var key: String
  /// Rows of a piece.
  public var chunkRows = 1_000
  /// How far before its position a run begins, where the watermark is a timestamp: a transaction that began before others may
  /// commit after them. What is read twice is a duplicate.
  public var overlapSeconds = 60
  /// What the columns mean, where their names do not say it.
  public var mapping: FieldMapping?
  private let decoder = BatchDecoder()

  /// Pieces that are being stored at a time, while the next is read.
  static let piecesMax = 4

  /// A pull of a query.
  public init(dsn: String, kind: IngestKind, query: String, watermark: String, key: String) {
    self.dsn = dsn
    self.kind = kind
    // A statement may end with its semicolon; as part of another one it must not.
    self.query = String(query.reversed().drop { $0 == ";" || $0.isWhitespace }.reversed())
    self.watermark = watermark
    self.key = key
  }

  /// Rows that have no watermark or no key cannot be followed and are not read; the source's remark tells how many there are.
  public func run(_ ledger: inout PullLedger, progress: (Int) -> Void) throws(PullError) {
    let source = try PostgresReader(dsn: dsn)
    let (mark, id) = (try source.quoted(watermark), try source.quoted(key))
    let from = "FROM (\(query)) AS s"
    let isTimestamp = try isTimestamp(source, mark, from)
    var place = try place(of: ledger)
    var isFirst = true
    var received = 0
    var left: Int?
    func ask() throws(PullError) {
      let (condition, parameters) = condition(place, mark, id, isFirst: isFirst, overlaps: isTimestamp)
      try source.send(
        "SELECT row_to_json(s)::text, s.\(mark)::text, s.\(id)::text \(from) \(condition) "
          + "ORDER BY s.\(mark), s.\(id) LIMIT \(chunkRows)", parameters)
    }
    // Until it has been read to its end once, a source is copied: its rows are new.
    let pieces = PullPipeline(kind, depth: Self.piecesMax, expectsNew: ledger.source.lastSuccessAt == nil)
    defer { pieces.abandon() }
    var isAtEnd = false
    if ledger.mayContinue { try ask() }
    while !isAtEnd, ledger.mayContinue {
      let rows = try source.receive()
      isAtEnd = rows.count < chunkRows
      guard let last = rows.last else { break }
      // Counted once a run, and only where it is more than a piece.
      if isFirst, rows.count == chunkRows {
        let (condition, parameters) = condition(place, mark, id, isFirst: true, overlaps: isTimestamp)
        left = try source.count("\(from) \(condition)", parameters)
      }
      left = left.map { max(0, $0 - rows.count) }
      place = (String(decoding: last[1] ?? [], as: UTF8.self), String(decoding: last[2] ?? [], as: UTF8.self))
      isFirst = false
      // PostgreSQL looks for the next rows while these are taken in.
      if !isAtEnd { try ask() }
      let items = try rows.map { row throws(PullError) in try mapped(row[0] ?? []) }
      try pieces.take(
        try decoded(items, decoder, receivedAt: ledger.now), items: { items[$0] }, position: position(place),
        lag: .init(left ?? 0, "rows"), &ledger)
      received += rows.count
      progress(received)
    }
    try pieces.finish(&ledger)
    guard isAtEnd else { return }
    let without = try source.count("\(from) WHERE s.\(mark) IS NULL OR s.\(id) IS NULL", [])
    ledger.remark = without == 0 ? nil : "\(without) rows have no \(watermark) or no \(key) and cannot be read"
    try ledger.succeed(at: ledger.source.position, lag: .init(0, "rows"))
  }

  private func mapped(_ row: [UInt8]) throws(PullError) -> [UInt8] {
    guard let mapping else { return row }
    do throws(JSONError) {
      return mapping.json(try JSONDecoding.document(from: row.span))
    } catch {
      // As it is, for the decoder to refuse.
      return row
    }
  }

  private typealias Place = (watermark: String, key: String)

  private func place(of ledger: PullLedger) throws(PullError) -> Place? {
    let position = ledger.source.position
    guard let mark = position.string("watermark"), let id = position.string("key") else { return nil }
    guard position.string("query") == query, position.string("columns") == "\(watermark),\(key)" else {
      throw .usage("the query of the source \(ledger.source.name) is another now: choose another --name")
    }
    return (mark, id)
  }

  private func position(_ place: Place?) -> BSONDocument {
    BSONDocument {
      $0.append("watermark", place?.watermark ?? "")
      $0.append("key", place?.key ?? "")
      $0.append("columns", "\(watermark),\(key)")
      $0.append("query", query)
    }
  }

  private func condition(
    _ place: Place?, _ mark: String, _ id: String, isFirst: Bool, overlaps: Bool
  ) -> (text: String, parameters: [String]) {
    let known = "s.\(mark) IS NOT NULL AND s.\(id) IS NOT NULL"
    guard let place else { return ("WHERE \(known)", []) }
    if isFirst, overlaps, overlapSeconds > 0 {
      return (
        "WHERE \(known) AND s.\(mark) >= $1::timestamptz - make_interval(secs => \(overlapSeconds))", [place.watermark]
      )
    }
    return ("WHERE \(known) AND (s.\(mark), s.\(id)) > ($1, $2)", [place.watermark, place.key])
  }

  private func isTimestamp(_ source: PostgresReader, _ mark: String, _ from: String) throws(PullError) -> Bool {
    let type = try source.rows("SELECT pg_typeof(s.\(mark))::text \(from) LIMIT 1", [])
    return String(decoding: type.first?[0] ?? [], as: UTF8.self).utf8.starts(with: "timestamp".utf8)
  }
}
