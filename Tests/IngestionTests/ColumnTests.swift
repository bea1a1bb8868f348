import BSON
import MongoTesting
import Testing

@testable import Ingestion

/// Columns are looked up once, at the header. What a row gives must be what the same object gives that comes as JSON of texts,
/// where every name of every item is looked up: byte for byte, and with the same rejection.
@Suite struct `Columns that are looked up once` {
  /// A name of a column and what its cells are made of.
  private struct Column {
    let name: String
    let cells: [String]
  }

  private static let columns = [
    Column(name: "eventTimestamp", cells: ["1709210096789000", "2024-02-29T12:34:56Z", " 1709210096 ", "soon"]),
    Column(name: "timestamp", cells: ["1709210000", "2024-02-28"]),
    Column(name: "eventName", cells: ["view_item", "a, b", "say \"hi\"", "zwei\r\nZeilen", "Käse", "\u{1F9C0}"]),
    Column(name: "eventId", cells: ["e1", "7"]), Column(name: "messageId", cells: ["m1", "m 2"]),
    Column(name: "userId", cells: ["U1", "null", " U2"]), Column(name: "anonymousId", cells: ["A1", "Ä"]),
    Column(name: "email", cells: ["a@example.com", "Nobody"]), Column(name: "phone", cells: ["+4930123456", "x"]),
    Column(name: "sessionId", cells: ["s1", String(repeating: "s", count: 513)]),
    Column(name: "gaSessionId", cells: ["g1", "g2"]), Column(name: "price", cells: ["12.50", "-1", " 3 ", "dear"]),
    Column(name: "quantity", cells: ["2", "2.0", "0.5", "1e10"]), Column(name: "currency", cells: ["eur", "E", "USD"]),
    Column(name: "engagementTimeMsec", cells: ["1500", "1.5"]),
    Column(name: "eventDate", cells: ["20240229", "20240230"]),
    Column(name: "uniqueItems", cells: ["3", "x"]), Column(name: "traffic", cells: ["test", "bus"]),
    Column(name: "items", cells: ["[{\"productId\":1}]", "[]", "[1]", "{"]),
    Column(name: "properties.size", cells: ["XL", "\"\""]), Column(name: "properties.$a.b", cells: ["1"]),
    Column(name: "color", cells: ["red", "\"red\"", "röd"]), Column(name: "$x.y", cells: ["1"]),
    Column(name: "", cells: ["dropped", ""]), Column(name: " variant ", cells: ["blue", ""]),
  ]

  /// RFC 4180, in quotes where they are needed, and now and then where they are not.
  private func cell(_ text: String, using generator: inout some RandomNumberGenerator) -> String {
    let mustQuote = text.utf8.contains { [0x22, 0x2C, 0x0D, 0x0A].contains($0) }
    guard mustQuote || Int.random(in: 0..<8, using: &generator) == 0 else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  private func fields(_ item: DecodedItem) throws -> (id: String?, json: String) {
    switch item {
    case .valid(let item): (item.id, item.json)
    case .rejected(let rejection):
      (rejection.id, "\(rejection.index) \(rejection.code) \(rejection.field ?? "-") \(rejection.retryable)")
    }
  }

  @Test(arguments: 0..<40)
  func `give what names that are looked up for every item give`(seed: Int) throws {
    var generator = SplitMix64(state: UInt64(seed))
    let drawn = Self.columns.filter { _ in Bool.random(using: &generator) }.shuffled(using: &generator)
    let place = Int.random(in: 0...drawn.count, using: &generator)
    let columns =
      drawn[..<place] + [Column(name: "_id", cells: ["r1", "r2", "r, 3", "", "9"])] + drawn[place...]
      + [Column(name: "brand", cells: ["Acme"]), Column(name: "category", cells: ["shoes"])]
    let lineEnd = ["\n", "\r\n", "\r"].randomElement(using: &generator) ?? "\n"
    var body = Bool.random(using: &generator) ? "\u{FEFF}" : ""
    body += columns.map { cell($0.name, using: &generator) }.joined(separator: ",") + lineEnd
    var rows: [[String]] = []
    for _ in 0..<50 {
      rows.append(
        columns.map { column in
          Int.random(in: 0..<3, using: &generator) == 0 ? "" : column.cells.randomElement(using: &generator) ?? ""
        })
      body += rows[rows.count - 1].map { cell($0, using: &generator) }.joined(separator: ",") + lineEnd
      // A row that lacks its last cells, and a blank line.
      if rows.count % 10 == 0 { body += "r,r" + lineEnd + lineEnd }
    }
    let items = try decode(.events, body, as: .csv)
    let whole = items.filter {
      if case .rejected(let rejection) = $0 { rejection.code != "csv_ragged_row" } else { true }
    }
    try #require(whole.count == rows.count)
    #expect(items.count == rows.count + 5)
    for (row, item) in zip(rows, whole) {
      let (id, json) = try fields(item)
      let expected = try fields(lookedUp(columns.map(\.name), row, like: item))
      #expect(id == expected.id)
      #expect(json == expected.json)
    }
  }

  /// The same row as an object of texts whose names are looked up.
  private func lookedUp(_ names: [String], _ row: [String], like item: DecodedItem) throws -> DecodedItem {
    let index: Int = if case .rejected(let rejection) = item { rejection.index } else { 0 }
    var canonicalizer = Canonicalizer(.events, region: .northAmerica, receivedAt: noon, isTextual: true)
    var groups: [(String, [(String, String)])] = []
    let document = BSONDocument { writer in
      for (name, cell) in zip(names.map(trimmed), row) where !cell.isEmpty && !name.isEmpty {
        if name == "$x.y" {
          groups.append((name, [(name, cell)]))
        } else if name.hasPrefix("properties.") {
          groups.append((name, [(String(name.dropFirst(11)), cell)]))
        } else {
          writer.append(name, cell)
        }
      }
      if !groups.isEmpty {
        writer.append("properties") { inner in
          for (_, members) in groups { for (name, cell) in members { inner.append(name, cell) } }
        }
      }
    }
    let given = canonicalizer.item(document, at: index)
    // The id of the group is a matter of the row alone; the one that was given is checked by other tests.
    guard case .valid = given, case .valid(let found) = item, !names.map(trimmed).contains("eventId"),
      let id = found.document.string("eventId"), id.hasPrefix("evg_")
    else { return given }
    var output = BSONWriter()
    return document.withBytes { canonicalizer.item($0, at: index, eventId: Array(id.utf8), using: &output) }
  }

  private func trimmed(_ name: String) -> String {
    String(decoding: withoutSpaces(Array(name.utf8)[...]), as: UTF8.self)
  }

  @Test func `tell a header with a name twice from one with two spellings of a field`() throws {
    #expect(throws: IngestError.self) { try decode(.events, "_id,price,price\nr1,1,2\n", as: .csv) }
    let item = try only(.events, "gaSessionId,_id,sessionId\ng,r1,s\n", as: .csv)
    #expect(item.document.string("sessionId") == "s")
    #expect(item.document.document("properties")?.json == #"{"gaSessionId":"g"}"#)
  }

  @Test func `are those of the records' kinds too`() throws {
    let body = "sourceId,source,firstName,address.city,address.zip,color\n1,crm,Ana,Köln,50667,red\n2,crm,Bo,,,\n"
    let items = try decode(.customers, body, as: .csv)
    let json = try items.map { try $0.valid.json }
    let same = try decode(
      .customers,
      #"[{"sourceId":"1","source":"crm","firstName":"Ana","address":{"city":"Köln","zip":"50667"},"color":"red"},"#
        + #"{"sourceId":"2","source":"crm","firstName":"Bo"}]"#)
    #expect(try same.map { try $0.valid.json } == json)
  }
}
