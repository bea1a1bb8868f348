import Testing

@testable import LoadClient

struct RecordSourceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The form of a file, and its records: what is sent, or `code@line original` for what is not.
  private func records(
    _ bytes: [UInt8], _ kind: LoadKind, mapping: String? = nil
  ) throws -> (form: Batch.Form, records: [String]) {
    let path = try folder.file("file", bytes)
    let map = try mapping.map { try ColumnMapping(parsing: Array($0.utf8)) }
    var source = try RecordSource(path, kind: kind, mapping: map)
    var records: [String] = []
    while let record = try source.next() {
      switch record {
      case .plain(let bytes, _):
        records.append(String(decoding: bytes, as: UTF8.self))
      case .rendered(let bytes, let original, let line):
        records.append(
          "\(String(decoding: bytes, as: UTF8.self)) < \(line): \(String(decoding: original, as: UTF8.self))")
      case .rejected(let line):
        records.append("\(line.code)@\(line.line) \(String(decoding: line.original, as: UTF8.self))")
      }
    }
    return (source.form, records)
  }

  private func records(_ text: String, _ kind: LoadKind, mapping: String? = nil) throws -> (
    form: Batch.Form, records: [String]
  ) { try records(Array(text.utf8), kind, mapping: mapping) }

  @Test func `NDJSON, arrays and CSV are told apart by their first byte`() throws {
    #expect(try records("\n {\"a\":1}\n{\"b\":2}", .orders) == (.ndjson, ["{\"a\":1}", "{\"b\":2}"]))
    #expect(try records(" [{\"a\":1},\n{\"b\":2}]", .orders) == (.json, ["{\"a\":1}", "{\"b\":2}"]))
    #expect(try records("orderId\n5\n", .orders) == (.ndjson, ["{\"orderId\":\"5\"} < 2: 5"]))
    #expect(try records("", .orders) == (.ndjson, []))
  }

  @Test func `gzip is undone, whatever the name says`() throws {
    #expect(try records(GzipEncoder.packed(Array("{\"a\":1}\n".utf8)), .orders) == (.ndjson, ["{\"a\":1}"]))
  }

  @Test func `events under their own header are sent as they stand`() throws {
    let (form, rows) = try records("_id,eventName,userId\r\n1,\"view\nitem\",u\r\n2,purchase,v\r\n", .events)
    #expect(form == .csv(header: Array("_id,eventName,userId\n".utf8)))
    #expect(rows == ["1,\"view\nitem\",u", "2,purchase,v"])
  }

  @Test func `events without a header are sent as they stand, under the documented header`() throws {
    let row = "6911c491,,,35112,1,20251110,session_start,1762772128378743,1762772113,,,,,,u-1,"
    let (form, rows) = try records(row + "\n" + row + "\n", .events)
    #expect(rows == [row, row])
    guard case .csv(let header) = form else { return #expect(form == .csv(header: [])) }
    #expect(String(decoding: header, as: UTF8.self) == RowSource.eventColumns.joined(separator: ",") + "\n")
  }

  @Test func `rows that are neither a header nor sixteen columns are refused`() {
    #expect(throws: LoadError.self) { try records("u,view,ios\n", .events) }
  }

  @Test func `events under foreign columns become JSON with an id made of the row`() throws {
    let mapping = #"{"columns":{"user":"userId","what":"eventName"}}"#
    let (form, rows) = try records("user,what,os\nu,view,ios\nu,view,ios\n", .events, mapping: mapping)
    #expect(form == .ndjson)
    #expect(rows.count == 2 && rows[0] != rows[1])
    #expect(rows[0].contains(#""userId":"u","eventName":"view","properties":{"os":"ios"}} < 2: u,view,ios"#))
    #expect(rows[0].hasPrefix(#"{"eventId":"row-"#))
  }

  @Test func `a row that cannot be read is written down as it stands, and the next one is read`() throws {
    let (_, rows) = try records("orderId,userId\n1,a\n2\n\"3\"x,c\n4,d\n5,\"e", .orders)
    #expect(
      rows == [
        "{\"orderId\":\"1\",\"userId\":\"a\"} < 2: 1,a", "csv_ragged_row@3 2", "csv_text_after_quote@4 \"3\"x,c",
        "{\"orderId\":\"4\",\"userId\":\"d\"} < 5: 4,d", "csv_unterminated_quote@6 5,\"e",
      ])
  }

  @Test func `rows that cannot be read are found in large files too`() throws {
    var text = "orderId,userId\n"
    for number in 0..<60_000 { text += number % 20_000 == 19_999 ? "broken \(number)\n" : "o\(number),u\(number)\n" }
    let (_, rows) = try records(text, .orders)
    #expect(rows.count == 60_000)
    #expect(
      rows.filter { $0.hasPrefix("csv") } == [
        "csv_ragged_row@20001 broken 19999", "csv_ragged_row@40001 broken 39999", "csv_ragged_row@60001 broken 59999",
      ])
  }

  @Test func `a file that is not there, a folder and a broken file say so`() throws {
    #expect(throws: LoadError.self) { _ = try RecordSource("\(folder.path)/nothing", kind: .orders, mapping: nil) }
    #expect(throws: LoadError.badFile(path: folder.path, reason: "is a folder")) {
      _ = try RecordSource(folder.path, kind: .orders, mapping: nil)
    }
    #expect(throws: LoadError.self) { try records("[{},", .orders) }
    let packed = GzipEncoder.packed(Array("{\"a\":1}\n".utf8))
    #expect(throws: LoadError.self) { try records(Array(packed.dropLast(3)), .orders) }
    #expect(throws: LoadError.self) { try records("a,a\n", .orders) }
  }

  @Test func `a folder stands for its data files, in order, without the rejects of an earlier run`() throws {
    for name in ["b.csv.gz", "a.ndjson", "c.JSON", "notes.txt", "a.ndjson.rejected.ndjson", ".hidden.csv", "d.json"] {
      _ = try folder.file(name, "{}\n")
    }
    let files = ["a.ndjson", "b.csv.gz", "d.json"].map { "\(folder.path)/\($0)" }
    #expect(try InputFiles.expanding([folder.path, "-", "nowhere"]) == files + ["-", "nowhere"])
    #expect(try InputFiles.expanding([folder.path + "/"]) == files)
    let empty = try TemporaryFolder()
    #expect(throws: LoadError.self) { try withExtendedLifetime(empty) { try InputFiles.expanding([$0.path]) } }
  }
}
