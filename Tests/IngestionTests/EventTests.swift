import BSON
import Testing

@testable import Ingestion

@Suite struct `An event in JSON` {
  @Test func `becomes a canonical document`() throws {
    let item = try only(
      .events,
      event(
        #""gaSessionId":77,"price":12,"quantity":2.0,"productId":"P1","engagementTimeMsec":1500,"color":"red","currency":"eur","properties":{"z":1,"a.b":{"$gt":2}}"#
      ))
    #expect(item.id == "e1")
    #expect(
      item.json
        == #"{"_id":"e1","eventId":"e1","day":20240229,"subject":"user:U1","receivedAt":"2024-03-01T12:00:00.000Z","eventTimestamp":"2024-02-29T12:34:56.789Z","eventName":"page","userId":"U1","sessionId":"77","productId":"P1","price":12.0,"quantity":2,"currency":"EUR","engagementTimeMsec":1500,"properties":{"a.b":{"$gt":2},"color":"red","z":1}}"#
    )
  }

  @Test(arguments: ["_id", "eventId", "messageId"])
  func `may name its id in three ways`(name: String) throws {
    let item = try only(.events, event("\"\(name)\":\"x\"", id: nil))
    #expect(item.document.string("_id") == "x")
    #expect(item.document.string("eventId") == "x")
  }

  @Test func `keeps a message id that is not its id as data`() throws {
    let item = try only(.events, event(#""messageId":"m","eventId":"g""#))
    #expect(item.id == "e1")
    #expect(item.document.string("eventId") == "g")
    #expect(item.document.document("properties")?.string("messageId") == "m")
  }

  @Test(arguments: [
    ("12", "12"), ("-7", "-7"), ("9007199254740993", "9007199254740993"), ("\" 12 \"", " 12 "),
    ("\"\u{E9}\"", "\u{E9}"),
  ])
  func `has a text or an integer as id`(value: String, id: String) throws {
    #expect(try only(.events, event("\"_id\":\(value)", id: nil)).id.utf8.elementsEqual(id.utf8))
  }

  @Test(arguments: [
    ("1.5", "not_an_id"), ("12.0", "not_an_id"), ("true", "not_an_id"), ("{\"$ne\":null}", "not_an_id"),
    ("[\"a\"]", "not_an_id"), ("\"\"", "empty_id"),
  ])
  func `is refused with another kind of id`(value: String, code: String) throws {
    let rejection = try fault(.events, event("\"_id\":\(value)", id: nil))
    #expect(rejection == Rejection(index: 0, id: nil, code: code, field: "_id"))
  }

  @Test func `has at most 512 bytes of id`() throws {
    #expect(try only(.events, event(id: String(repeating: "x", count: 512))).id.count == 512)
    #expect(try fault(.events, event(id: String(repeating: "x", count: 513))).code == "too_long")
  }

  @Test func `without an id is known by its content`() throws {
    let one = try only(.events, event(#""a":1,"b":{"x":1,"y":[{"p":1,"q":2}]}"#, id: nil))
    let other = try only(.events, event(#""b":{"y":[{"q":2,"p":1}],"x":1},"a":1"#, id: nil))
    let third = try only(.events, event(#""b":{"y":[{"q":2,"p":2}],"x":1},"a":1"#, id: nil))
    #expect(one.id == other.id)
    #expect(one.id != third.id)
    #expect(one.id.hasPrefix("evt_") && one.id.count == 36)
    #expect(one.document.string("eventId") == one.id)
  }

  @Test func `without an id is the same event whenever it comes`() throws {
    let body = Array(event(id: nil).utf8)
    let later = BSONDate(millisecondsSince1970: noon.millisecondsSince1970 + 5000)
    let first = try BatchDecoder().decode(.events, body, as: .json, receivedAt: noon)
    let second = try BatchDecoder().decode(.events, body, as: .json, receivedAt: later)
    #expect(try first[0].valid.id == second[0].valid.id)
    #expect(try first[0].valid.document != second[0].valid.document)
  }

  @Test(arguments: [
    ("eventName", "required", "eventName"), ("eventTimestamp", "required", "eventTimestamp"),
    ("userId", "identifier_missing", "userId"),
  ])
  func `needs a name, a time and somebody`(missing: String, code: String, field: String) throws {
    var members = [
      "_id": "\"e\"", "eventName": "\"page\"", "eventTimestamp": "1709210096", "userId": "\"U1\"", "x": "null",
    ]
    members[missing] = "null"
    let body = "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    #expect(try fault(.events, body) == Rejection(index: 0, id: "e", code: code, field: field))
  }

  @Test(arguments: [
    "\"\"", "\"0\"", "\"null\"", "\"Anonymous\"", "0", "\"-1\"", "\"00000000-0000-0000-0000-000000000000\"",
  ])
  func `has nobody behind a placeholder`(userId: String) throws {
    #expect(try fault(.events, event("\"userId\":\(userId)")).code == "identifier_missing")
    let item = try only(.events, event("\"userId\":\(userId),\"anonymousId\":\"a1\""))
    #expect(item.document.string("subject") == "anonymous:a1")
  }

  @Test(arguments: [
    (#""userId":"U1","loyaltyId":"L","email":"a@b.c""#, "user:U1"),
    (#""userId":null,"loyaltyId":7,"email":"a@b.c""#, "loyalty:7"),
    (#""userId":null,"email":" A@B.C ","phone":"5550100""#, "email:a@b.c"),
    (#""userId":null,"email":"nonsense","phone":15296285753,"anonymousId":"a""#, "phone:+15296285753"),
    (#""userId":null,"phone":"x","anonymousId":"a""#, "anonymous:a"),
  ])
  func `belongs to its strongest identifier`(members: String, subject: String) throws {
    #expect(try only(.events, event(members)).document.string("subject") == subject)
  }

  @Test func `keeps the spelling of an identifier`() throws {
    let item = try only(.events, event(#""userId":null,"email":" A@B.C ""#))
    #expect(item.document.string("email") == " A@B.C ")
  }

  @Test func `may lie 24 hours ahead of the clock and no more`() throws {
    let limit = noon.millisecondsSince1970 + 86_400_000
    #expect(try only(.events, event(at: "\(limit)")).document.date("eventTimestamp")?.millisecondsSince1970 == limit)
    let rejection = try fault(.events, event(at: "\(limit + 1)"))
    #expect(rejection == Rejection(index: 0, id: "e1", code: "timestamp_in_future", field: "eventTimestamp"))
  }

  @Test(
    arguments: [
      (#""userId":{"$ne":null}"#, "not_an_id", "userId"), (#""userId":["a"]"#, "not_an_id", "userId"),
      (#""eventName":{"$gt":""},"x":1"#, "json_duplicate_key", "eventName"), (#""brand":5"#, "not_a_string", "brand"),
      (#""price":"12""#, "not_a_number", "price"), (#""price":-1"#, "out_of_range", "price"),
      (#""price":1e13"#, "out_of_range", "price"), (#""quantity":-1"#, "out_of_range", "quantity"),
      (#""quantity":true"#, "not_a_number", "quantity"),
      (#""engagementTimeMsec":1.5"#, "not_an_integer", "engagementTimeMsec"),
      (#""engagementTimeMsec":-1"#, "out_of_range", "engagementTimeMsec"),
      (#""engagementTimeMsec":9223372036854775807"#, "out_of_range", "engagementTimeMsec"),
      (#""currency":"euro""#, "not_a_currency", "currency"), (#""properties":[]"#, "not_an_object", "properties"),
      (#""items":{}"#, "not_an_array", "items"), (#""items":[{},1]"#, "not_an_object", "items[1]"),
      (#""items":[{},{},{"price":"x"}]"#, "not_a_number", "items[2].price"),
      (#""items":[{"productId":{"$gt":""}}]"#, "not_an_id", "items[0].productId"),
      (#""items":[{"a":{"$b":1}}]"#, "key_not_allowed", "items[0].a.$b"),
      (#""$where":"sleep(5000)""#, "key_not_allowed", "$where"),
      (#""a.b":1"#, "key_not_allowed", "a.b"), (#""geo":{"$gt":1}"#, "key_not_allowed", "geo.$gt"),
      (#""geo":[1,[{"a.b":1}]]"#, "key_not_allowed", "geo[1][0].a.b"),
      (#""brand":"a\u0000b""#, "json_nul_in_string", "brand"),
      (#""properties":{"a\u0000b":1}"#, "json_nul_in_key", "properties"),
      (#""properties":{"a":{"b":1e400}}"#, "json_number_out_of_range", "properties.a.b"),
      (#""n":9223372036854775808"#, "json_integer_out_of_range", "n"), (#""timestamp":"never""#, nil, nil),
    ] as [(String, String?, String?)])
  func `says what is wrong and where`(members: String, code: String?, field: String?) throws {
    guard let code else {
      // The canonical name counts; its alias is data then.
      #expect(try only(.events, event(members)).document.document("properties")?.string("timestamp") == "never")
      return
    }
    let rejection = try fault(.events, "[\(event(members))]")
    #expect(rejection.code == code)
    #expect(rejection.field == field)
    #expect(!rejection.retryable)
  }

  @Test func `is named in a fault as it was written`() throws {
    let body = #"{"_id":"e","eventName":"page","userId":"U","timestamp":"never"}"#
    #expect(try fault(.events, body).field == "timestamp")
  }

  @Test func `sets nothing that is the service's own`() throws {
    let item = try only(
      .events, event(#""subject":"user:admin","day":1,"receivedAt":"x","version":9,"tenantId":"t","__proto__":{}"#))
    #expect(item.document.string("subject") == "user:U1")
    #expect(item.document.int("day") == 20_240_229)
    #expect(item.document.date("receivedAt") == noon)
    #expect(item.document["tenantId"] == nil)
    #expect(item.document.document("properties")?.string("subject") == "user:admin")
  }

  @Test func `keeps what its publisher put under properties before what stands beside it`() throws {
    let item = try only(.events, event(#""b":1,"d":2,"a":3,"properties":{"c":4,"a":5,"e":6}"#))
    #expect(item.document.document("properties")?.json == #"{"a":5,"b":1,"c":4,"d":2,"e":6}"#)
  }

  @Test func `keeps its items with their unknown fields`() throws {
    let item = try only(.events, event(#""items":[{"z":1,"price":3,"productId":9,"a":[]}]"#))
    #expect(item.document.array("items")?.document.json == #"{"0":{"productId":"9","price":3.0,"a":[],"z":1}}"#)
  }
}
