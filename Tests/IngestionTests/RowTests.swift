import BSON
import Testing

@testable import Ingestion

/// One row in the order of the reference's columns.
private func row(
  id: String = "r1", eventDate: String = "20240229", name: String = "view_item",
  timestamp: String = "1709210096789000", session: String = "s1", price: String = "12.50", quantity: String = "2",
  user: String = "U1", engagement: String = "1500", product: String = "Mug"
) -> String {
  "\(id),Acme,Kitchen,\(engagement),7,\(eventDate),\(name),\(timestamp),\(session),\(price),P1,\(product),\(quantity),3,\(user),blue\n"
}

private let header =
  "_id,brand,category,engagementTimeMsec,eventBundleSequenceId,eventDate,eventName,eventTimestamp,gaSessionId,price,"
  + "productId,productName,quantity,uniqueItems,userId,variant\n"

@Suite struct `A row of an event` {
  @Test(arguments: ["", header, "\u{FEFF}" + header, "\u{FEFF}"])
  func `is one document, with a header or without`(before: String) throws {
    let item = try only(.events, before + row(), as: .csv)
    #expect(item.id == "r1")
    let eventId = try #require(item.document.string("eventId"))
    #expect(eventId.hasPrefix("evg_"))
    #expect(
      item.json
        == #"{"_id":"r1","eventId":"\#(eventId)","day":20240229,"subject":"user:U1","receivedAt":"2024-03-01T12:00:00.000Z","eventTimestamp":"2024-02-29T12:34:56.789Z","eventName":"view_item","userId":"U1","sessionId":"s1","productId":"P1","productName":"Mug","brand":"Acme","category":"Kitchen","variant":"blue","price":12.5,"quantity":2,"engagementTimeMsec":1500,"eventDate":"20240229","eventBundleSequenceId":7,"uniqueItems":3}"#
    )
  }

  @Test func `may have its columns in any order, and others`() throws {
    let body = "price,color, userId ,_id,$x.y,eventTimestamp,,anonymousId\n3,red,U9,r7,1,2024-02-29T12:34:56Z,z,A\n"
    let item = try only(.events, body, as: .csv)
    #expect(item.id == "r7")
    #expect(item.document.string("subject") == "user:U9")
    #expect(item.document.string("anonymousId") == "A")
    #expect(item.document.double("price") == 3)
    #expect(item.document.document("properties")?.json == #"{"$x.y":"1","color":"red"}"#)
  }

  @Test func `of the same event has the same event id in every batch`() throws {
    let rows = try decode(
      .events, row(id: "a") + row(id: "b", price: "1", product: "Cup") + row(id: "c", session: "s2"), as: .csv)
    let later = try only(.events, header + row(id: "d"), as: .csv)
    let ids = try rows.map { try $0.valid.document.string("eventId") }
    #expect(ids[0] == ids[1])
    #expect(ids[0] != ids[2])
    #expect(later.document.string("eventId") == ids[0])
    #expect(rows.map(\.id) == ["a", "b", "c"])
    // SHA-256 over s1, 20240229, 1709210096789000, view_item, U1, 3 and 1500, each behind its length.
    #expect(ids[0] == "evg_e92de2910ae03e5ff25a0782dba98e23")
  }

  @Test func `without anything about its event is an event of its own`() throws {
    let item = try only(.events, "r1,,,,,,,,,,,,,,,\n", as: .csv)
    #expect(item.document.string("eventId") == "r1")
    #expect(item.document.date("eventTimestamp") == noon)
    #expect(item.document["subject"] == nil)
    #expect(item.document["eventName"] == nil)
  }

  @Test func `without a time happened on its day, or when it came`() throws {
    #expect(
      try only(.events, row(timestamp: ""), as: .csv).document.date("eventTimestamp")?.rfc3339
        == "2024-02-29T00:00:00.000Z")
    #expect(try only(.events, row(eventDate: "", timestamp: ""), as: .csv).document.date("eventTimestamp") == noon)
  }

  @Test(
    arguments: [
      (row(id: ""), "required", "_id"), (row(timestamp: "soon"), "not_a_timestamp", "eventTimestamp"),
      (row(eventDate: "20240230"), "not_a_timestamp", "eventDate"), (row(price: "cheap"), "not_a_number", "price"),
      (row(price: "-1"), "out_of_range", "price"), (row(price: "nan"), "not_a_number", "price"),
      (row(price: "0x10"), "not_a_number", "price"), (row(quantity: "1e10"), "out_of_range", "quantity"),
      (row(engagement: "1.5"), "not_an_integer", "engagementTimeMsec"),
      (row(engagement: "99999999999999999999"), "out_of_range", "engagementTimeMsec"),
      (row(timestamp: "20240303"), "timestamp_in_future", "eventTimestamp"),
      (row(product: "a\0b"), "contains_nul", "productName"), ("r1,a,b\n", "csv_ragged_row", nil),
      (row(product: "\"a\"b"), "csv_text_after_quote", nil), (row(product: "a,b"), "csv_ragged_row", nil),
      (row(product: "\"a"), "csv_unterminated_quote", nil),
    ] as [(String, String, String?)])
  func `that is bad is rejected alone, with its column`(bad: String, code: String, field: String?) throws {
    let items = try decode(.events, header + row(id: "a") + bad, as: .csv)
    #expect(items.count == 2)
    #expect(items[0].id == "a")
    let rejection = try items[1].rejection
    #expect(rejection.index == 1)
    #expect(rejection.code == code)
    #expect(rejection.field == field)
    if code != "csv_unterminated_quote" {
      let followed = try decode(.events, bad + row(id: "z"), as: .csv)
      #expect(followed.map(\.id) == [rejection.id, "z"])
    }
  }

  @Test func `in a session names the column that its header has`() throws {
    let long = String(repeating: "x", count: 513)
    #expect(try fault(.events, row(session: long), as: .csv).field == "gaSessionId")
    #expect(try fault(.events, header + row(session: long), as: .csv).field == "gaSessionId")
  }

  @Test func `that is not UTF-8 is rejected alone`() throws {
    let body = Array((header + row(id: "a") + row(id: "b")).utf8).map { $0 == UInt8(ascii: "b") ? 0xFF : $0 }
    let items = try BatchDecoder().decode(
      .events, Array(header.utf8) + body.dropFirst(header.utf8.count), as: .csv, receivedAt: noon)
    #expect(try items.map { try $0.rejection.code } == ["invalid_utf8", "invalid_utf8"])
  }

  @Test(arguments: [("\"a, \"\"b\"\"\r\nc\"", "a, \"b\"\r\nc"), ("\"\"", ""), (" x ", " x ")])
  func `may have quotes, commas and line ends in a cell`(cell: String, text: String) throws {
    #expect(try only(.events, row(product: cell), as: .csv).document.string("productName") ?? "" == text)
  }

  @Test func `has whole numbers as spreadsheets write them`() throws {
    let item = try only(.events, row(quantity: "2.0", engagement: "1500.0"), as: .csv)
    #expect(item.document["quantity"] == .int32(2))
    #expect(item.document["engagementTimeMsec"] == .int32(1500))
  }

  @Test(arguments: ["_id,_id\n1,2\n", "_id,properties,properties.a\n1,{},2\n"])
  func `has no columns of one name`(body: String) {
    #expect(throws: IngestError.self) { try decode(.events, body, as: .csv) }
  }

  @Test func `may hold its items as JSON in a cell`() throws {
    let body = "_id,items,properties\nr1,\"[{\"\"productId\"\":1,\"\"price\"\":2}]\",\"{\"\"a\"\":1}\"\n"
    let item = try only(.events, body, as: .csv)
    #expect(item.document.array("items")?.document.json == #"{"0":{"productId":"1","price":2.0}}"#)
    #expect(item.document.document("properties")?.json == #"{"a":1}"#)
    #expect(try fault(.events, "_id,items\nr1,\"[],\"\"x\"\":1\"\n", as: .csv).code == "not_an_array")
  }
}
