import BSON
import Ingestion

/// Rows of a SQL query as items, by keyset: in the order of a watermark and a key, a thousand at a time, each piece stored before
/// the next is read.
///
/// The columns of the query are the fields of the items, by name; `AS "userId"` renames them. PostgreSQL itself writes each row as
/// JSON, so `numeric` keeps its digits, `timestamptz` its moment, arrays and `jsonb` their shape.
public struct PostgresPull: Sendable {
  /// Connection string or URI of libpq.
  public var dsn: String
  /// What the rows are.
  public var kind: IngestKind
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

  /// A pull of a query.
  public init(dsn: String, kind: IngestKind, query: String, watermark: String, key: String) {
    self.dsn = dsn
    self.kind = kind
    // A statement may end with its semicolon; as part of another one it must not.
    self.query = String(query.reversed().drop { $0 == ";" || $0.isWhitespace }.reversed())
    self.watermark = watermark
    self.key = key
  }

  /// Reads everything past the ledger's position. `progress` is called after each piece.
  /// - Returns: rows of the query that have no watermark or no key: they cannot be followed and were not read.
  public func run(
    _ ledger: inout PullLedger, decoder: BatchDecoder, progress: (Int) -> Void = { _ in }
  ) throws(PullError) -> Int {
    let source = try PostgresReader(dsn: dsn)
    let (mark, id) = (try source.quoted(watermark), try source.quoted(key))
    let from = "FROM (\(query)) AS s"
    let isTimestamp = try isTimestamp(source, mark, from)
    var place = try place(of: ledger)
    var isFirst = true
    var received = 0
    while true {
      let (condition, parameters) = condition(place, mark, id, isFirst: isFirst, overlaps: isTimestamp)
      let rows = try source.rows(
        "SELECT row_to_json(s)::text, s.\(mark)::text, s.\(id)::text \(from) \(condition) "
          + "ORDER BY s.\(mark), s.\(id) LIMIT \(chunkRows)", parameters)
      guard let last = rows.last else { break }
      let items = rows.map { $0[0] ?? [] }
      place = (String(decoding: last[1] ?? [], as: UTF8.self), String(decoding: last[2] ?? [], as: UTF8.self))
      isFirst = false
      try ledger.take(
        kind, try decoded(items, decoder, receivedAt: ledger.now), items: { items[$0] }, position: position(place))
      received += rows.count
      progress(received)
      if rows.count < chunkRows { break }
    }
    if isFirst { try ledger.move(to: ledger.source.position) }
    let without = try source.rows("SELECT count(*) \(from) WHERE s.\(mark) IS NULL OR s.\(id) IS NULL", [])
    return Int(String(decoding: without.first?[0] ?? [], as: UTF8.self)) ?? 0
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

  private func decoded(
    _ items: [[UInt8]], _ decoder: BatchDecoder, receivedAt: BSONDate
  ) throws(PullError) -> [DecodedItem] {
    var body = [UInt8(ascii: "[")]
    for (index, item) in items.enumerated() {
      if index > 0 { body.append(UInt8(ascii: ",")) }
      body += item
    }
    body.append(UInt8(ascii: "]"))
    do throws(IngestError) {
      return try decoder.decode(kind, body, as: .json, receivedAt: receivedAt)
    } catch {
      throw .ingest(error)
    }
  }
}
