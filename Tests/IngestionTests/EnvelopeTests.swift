import BSON
import Testing

@testable import Ingestion

@Suite struct `A batch` {
  @Test(arguments: [
    ("", IngestFormat.json), (" \n ", .json), ("[]", .json), (#"{"events":[]}"#, .json), ("", .ndjson),
    ("\n\r\n \n", .ndjson), ("", .csv),
    ("\u{FEFF}", .json), ("\u{FEFF}", .ndjson), ("\u{FEFF}\n", .csv), ("_id,userId\n", .csv),
  ])
  func `may be empty`(body: String, format: IngestFormat) throws {
    #expect(try decode(.events, body, as: format).isEmpty)
  }

  @Test(arguments: ["", "\u{FEFF}", " \r\n\t"])
  func `may be an array, an envelope, an item or lines`(before: String) throws {
    let one = event(id: "a")
    let two = event(id: "b")
    #expect(try decode(.events, before + "[\(one) , \(two)]").map(\.id) == ["a", "b"])
    #expect(
      try decode(.events, before + #"{"sentAt":"x","events":[\#(one),\#(two)],"n":{"events":1}}"#).map(\.id) == [
        "a", "b",
      ])
    #expect(try decode(.events, before + one).map(\.id) == ["a"])
    #expect(try decode(.events, before + "\(one)\r\n\n\(two)", as: .ndjson).map(\.id) == ["a", "b"])
  }

  @Test(arguments: [
    ("[", 1), ("[1,]", 3), ("[{]", 2), (#"{"events":{}}"#, 10), (#"{"events":null}"#, 10), ("{}", 0),
    (#"{"foo":1}"#, 0), ("1", 0), ("\"x\"", 0),
    ("[]x", 2), (#"{"events":[],"events":[]}"#, 13), ("\u{FEFF}x", 3), (#"[{"a":1}}"#, 8), ("nul", 0),
  ])
  func `is refused as a whole when its items cannot be told apart`(body: String, offset: Int) {
    do throws(IngestError) {
      let items = try decode(.events, body)
      Issue.record("accepted \(items)")
    } catch {
      guard case .malformedEnvelope(_, let found) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(found == offset)
    }
  }

  @Test func `rejects one bad item alone`() throws {
    let items = try decode(
      .events, #"[\#(event(id: "a")),1,{"a":1,"a":2},{"s":"\ud800"},null,\#(event(id: "b"))]"#)
    #expect(items.count == 6)
    #expect(items.map(\.id) == ["a", nil, nil, nil, nil, "b"])
    #expect(try items[1].rejection == Rejection(index: 1, id: nil, code: "json_not_an_object", field: nil))
    #expect(try items[2].rejection == Rejection(index: 2, id: nil, code: "json_duplicate_key", field: "a"))
    #expect(try items[3].rejection.code == "json_lone_surrogate")
    #expect(try items[4].rejection.code == "json_not_an_object")
  }

  @Test func `rejects one bad line alone`() throws {
    let items = try decode(.events, "\(event(id: "a"))\n{\n\n[]\n\(event(id: "b"))x\n\(event(id: "c"))", as: .ndjson)
    #expect(items.map(\.id) == ["a", nil, nil, nil, "c"])
    #expect(try items[2].rejection.index == 2)
  }

  @Test(arguments: [IngestFormat.json, .ndjson, .csv])
  func `has at most the items allowed`(format: IngestFormat) throws {
    var decoder = BatchDecoder()
    decoder.limits.itemsMax = 3
    func body(_ count: Int) -> [UInt8] {
      switch format {
      case .json: Array("[\((0..<count).map { event(id: "\($0)") }.joined(separator: ","))]".utf8)
      case .ndjson: Array((0..<count).map { event(id: "\($0)") + "\n" }.joined().utf8)
      case .csv: Array(("_id,userId\n" + (0..<count).map { "\($0),U\n" }.joined()).utf8)
      }
    }
    #expect(try decoder.decode(.events, body(3), as: format, receivedAt: noon).count == 3)
    do throws(IngestError) {
      _ = try decoder.decode(.events, body(4), as: format, receivedAt: noon)
      Issue.record("accepted one too many")
    } catch {
      guard case .tooManyItems(3) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `of ten thousand items is the default's most`() throws {
    let body = Array(repeating: "{}", count: 10_001).joined(separator: ",")
    #expect(try decode(.events, "[\(body.dropLast(3))]").count == 10_000)
    #expect(throws: IngestError.self) { try decode(.events, "[\(body)]") }
  }

  @Test func `rejects an item that nests too deeply`() throws {
    let deep = String(repeating: "[", count: 62) + String(repeating: "]", count: 62)
    #expect(try decode(.events, "[\(event("\"x\":{\"y\":\(deep)}"))]")[0].valid.id == "e1")
    #expect(try decode(.events, "[\(event("\"x\":{\"y\":[\(deep)]}"))]")[0].rejection.code == "json_too_deep")
  }

  @Test(arguments: [("/a", "a"), ("/items/2/price", "items[2].price"), ("/a~1b/~0", "a/b.~"), ("", nil), ("/7", "7")])
  func `names a field by its path`(pointer: String, path: String?) {
    #expect(fieldPath(ofPointer: pointer) == path)
  }
}
