import BSON
import Testing

@testable import Ingestion

private func messages(_ call: SegmentCall, _ body: String) throws -> [DecodedMessage] {
  try SegmentDecoder().decode(call, Array(body.utf8), receivedAt: noon)
}

private func message(_ call: SegmentCall, _ body: String) throws -> DecodedMessage {
  let all = try messages(call, body)
  try #require(all.count == 1)
  return all[0]
}

@Suite struct `Segment's tracking API` {
  @Test(arguments: [
    ("track", SegmentCall.track), ("t", .track), ("i", .identify), ("p", .page), ("s", .screen), ("g", .group),
    ("a", .alias), ("b", .batch), ("batch", .batch), ("import", .batch),
  ])
  func `has long paths and short ones`(path: String, call: SegmentCall) {
    #expect(SegmentCall(path: path) == call)
    #expect(SegmentCall(path: path + "x") == nil)
  }

  @Test func `track is an event under its name`() throws {
    let item = try message(
      .track,
      #"""
      {"userId":"019mr8mf4r","anonymousId":null,"event":"Product Added","messageId":"m1",
       "properties":{"product_id":"P1","sku":"G-32","name":"Monopoly","brand":"Hasbro","price":18.99,"quantity":1,
         "coupon":"MAY","currency":"usd","a.b":{"$gt":1}},
       "context":{"ip":"24.5.68.47","sessionId":77,"traits":{"email":"A@b.c"}},"integrations":{"All":true},
       "timestamp":"2024-02-29T12:34:56.789Z"}
      """#
    ).event.valid
    #expect(item.id == "m1")
    #expect(
      item.json
        == #"{"_id":"m1","eventId":"m1","day":20240229,"subject":"user:019mr8mf4r","receivedAt":"2024-03-01T12:00:00.000Z","eventTimestamp":"2024-02-29T12:34:56.789Z","eventName":"Product Added","userId":"019mr8mf4r","email":"A@b.c","sessionId":"77","productId":"P1","productName":"Monopoly","brand":"Hasbro","price":18.99,"quantity":1,"currency":"USD","coupon":"MAY","properties":{"a.b":{"$gt":1},"brand":"Hasbro","context":{"ip":"24.5.68.47","sessionId":77,"traits":{"email":"A@b.c"}},"coupon":"MAY","currency":"usd","name":"Monopoly","price":18.99,"product_id":"P1","quantity":1,"sku":"G-32"}}"#
    )
  }

  @Test func `an order's products are the items of its event`() throws {
    let item = try message(
      .track,
      #"{"userId":1,"messageId":"m","event":"Order Completed","properties":{"order_id":"O1","total":30,"name":"x","products":[{"product_id":"P1","price":10,"quantity":2,"name":"Mug"},"bad",{"sku":5,"price":"free"}]}}"#
    ).event.valid
    #expect(item.document.string("orderId") == "O1")
    #expect(item.document["productName"] == nil)
    #expect(
      item.document.array("items")?.document.json
        == #"{"0":{"productId":"P1","productName":"Mug","price":10.0,"quantity":2},"1":{"productId":"5"}}"#)
  }

  @Test(arguments: [SegmentCall.page, .screen])
  func `page and screen are views`(call: SegmentCall) throws {
    let item = try message(
      call, #"{"anonymousId":"a","messageId":"m","name":"Home","properties":{"url":"/","name":"H"}}"#
    )
    .event.valid
    #expect(item.document.string("eventName") == call.rawValue)
    #expect(item.document.date("eventTimestamp") == noon)
    #expect(item.document["productName"] == nil)
    #expect(item.document.document("properties")?.json == #"{"name":"H","url":"/"}"#)
  }

  @Test func `identify is an event and a customer record`() throws {
    let message = try message(
      .identify,
      #"""
      {"userId":"U1","anonymousId":"a1","messageId":"m1","timestamp":"2024-02-29T12:00:00Z",
       "traits":{"email":"A@b.c","phone":"555-0100","name":"Peter van Gibbons","birthday":"1960-02-29T00:00:00Z",
         "address":{"street":"1 Elm","state":"CA","postalCode":94103,"country":"US","floor":"3"},"plan":"premium","logins":5,"x.y":1}}
      """#)
    let event = try message.event.valid
    #expect(event.document.string("eventName") == "identify")
    #expect(event.document["properties"] == nil)
    let record = try #require(message.records.first)
    #expect(record.id.hasPrefix("segment/"))
    #expect(record.updatedAt?.rfc3339 == "2024-02-29T12:00:00.000Z")
    let sourceId = try #require(record.document.string("sourceId"))
    #expect(
      record.json
        == #"{"source":"segment","sourceId":"\#(sourceId)","userId":"U1","anonymousId":"a1","firstName":"Peter van","lastName":"Gibbons","email":"A@b.c","phone":"555-0100","birthDate":"1960-02-29","address":{"street":"1 Elm","region":"CA","postalCode":"94103","country":"US","floor":"3"},"updatedAt":"2024-02-29T12:00:00.000Z","attributes":{"logins":5,"plan":"premium","x.y":1}}"#
    )
  }

  @Test func `identify with other traits leaves the earlier ones as they were`() throws {
    func record(_ traits: String) throws -> String? {
      try message(.identify, #"{"userId":"U1","messageId":"m","traits":{\#(traits)}}"#).records.first?.id
    }
    #expect(try record(#""email":"a@b.c","plan":1"#) == record(#""plan":2,"email":"x@y.z""#))
    #expect(try record(#""email":"a@b.c""#) != record(#""plan":2"#))
    #expect(try record("") == nil)
  }

  @Test func `alias links the earlier id`() throws {
    let record = try #require(message(.alias, #"{"previousId":"a1","userId":"U1","messageId":"m"}"#).records.first)
    #expect(record.document.string("userId") == "U1")
    #expect(record.document.string("anonymousId") == "a1")
  }

  @Test func `group is an event of the person`() throws {
    let item = try message(.group, #"{"userId":"U1","groupId":"G","messageId":"m","traits":{"name":"Initech"}}"#).event
      .valid
    #expect(item.document.document("properties")?.json == #"{"groupId":"G","name":"Initech"}"#)
  }

  @Test(arguments: [
    // sentAt and timestamp are of the device's clock, which is an hour slow here.
    ("2024-03-01T10:59:50Z", "2024-03-01T11:00:00Z", "2024-03-01T11:59:50.000Z"),
    ("2024-03-01T10:59:50+00:00", "2024-03-01T12:00:00+01:00", "2024-03-01T11:59:50.000Z"),
    ("2024-02-01T00:00:00Z", "2024-03-01T12:00:00Z", "2024-02-01T00:00:00.000Z"),
    ("2024-03-01T11:00:00Z", "2024-03-01T10:00:00Z", "2024-03-01T12:00:00.000Z"),
    ("2024-03-01T11:00:00Z", "never", "2024-03-01T11:00:00.000Z"),
  ])
  func `corrects the clock of the sender`(timestamp: String, sentAt: String, happened: String) throws {
    let own = try message(.page, #"{"userId":"U","messageId":"m","timestamp":"\#(timestamp)","sentAt":"\#(sentAt)"}"#)
    let shared = try message(
      .batch,
      #"{"batch":[{"type":"page","userId":"U","messageId":"m","originalTimestamp":"\#(timestamp)"}],"sentAt":"\#(sentAt)"}"#
    )
    #expect(try own.event.valid.document.date("eventTimestamp")?.rfc3339 == happened)
    #expect(try shared.event.valid == own.event.valid)
  }

  @Test func `a message without an id is known by what it says`() throws {
    let one = try message(
      .track, #"{"userId":"U","event":"x","properties":{"a":1,"b":2},"sentAt":"2024-03-01T11:00:00Z"}"#)
    let again = try message(
      .track, #"{"sentAt":"2024-03-01T11:00:09Z","properties":{"b":2,"a":1},"event":"x","userId":"U"}"#)
    let other = try message(.track, #"{"userId":"U","event":"x","properties":{"a":1,"b":3}}"#)
    #expect(try one.event.valid.id == again.event.valid.id)
    #expect(try one.event.valid.id != other.event.valid.id)
  }

  @Test func `a batch answers for each message`() throws {
    let all = try messages(
      .batch,
      #"""
      {"batch":[{"type":"track","event":"a","userId":"U","messageId":"1"},{"type":"dance","userId":"U","messageId":"2"},
        {"type":"track","userId":"U","messageId":"3"},{"type":"page","messageId":"4"},{"type":"page","type":"page"},7,
        {"type":"page","userId":{"$ne":1},"messageId":"5"},{"type":"page","userId":"U","messageId":"6","timestamp":"soon"},
        {"type":"group","userId":"U","messageId":"7"},{"type":"identify","userId":"U","messageId":"8","traits":{"a":1}}],
       "context":{"library":{"name":"analytics-python"}},"writeKey":"x","sentAt":"2024-03-01T12:00:00Z"}
      """#)
    #expect(all.count == 10)
    #expect(try all[0].event.valid.document.document("properties")?.document("context") != nil)
    let faults = try all[1..<9].map { try $0.event.rejection }
    #expect(
      faults.map(\.code) == [
        "unknown_value", "required", "identifier_missing", "json_duplicate_key", "json_not_an_object", "not_an_id",
        "not_a_timestamp", "required",
      ])
    #expect(faults.map(\.field) == ["type", "event", "userId", "type", nil, "userId", "timestamp", "groupId"])
    #expect(faults.map(\.index) == Array(1...8))
    #expect(all[9].records.count == 1)
  }

  @Test(arguments: [
    (SegmentCall.track, "[]"), (.track, "{"), (.batch, "{}"), (.batch, #"{"batch":{}}"#), (.batch, "[]"),
  ])
  func `a malformed body is refused as a whole`(call: SegmentCall, body: String) {
    #expect(throws: IngestError.self) { try messages(call, body) }
  }
}
