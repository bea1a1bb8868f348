import BSON
import Store
import Testing

@testable import Ingestion

/// Base64 with the alphabet of RFC 4648, section 4.
private func base64(_ text: String) -> String {
  let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var out = ""
  let bytes = Array(text.utf8)
  for start in stride(from: 0, to: bytes.count, by: 3) {
    let group = bytes[start..<min(start + 3, bytes.count)]
    let padded = Array(group) + [0, 0]
    let word = Int(padded[0]) << 16 | Int(padded[1]) << 8 | Int(padded[2])
    for position in 0..<4 {
      let isData = position <= group.count
      out += isData ? String(UnicodeScalar(alphabet[word >> (18 - 6 * position) & 63])) : "="
    }
  }
  return out
}

@Suite struct `A CloudEvent` {
  private let data = #"{"userId":"U1","price":12.5,"properties":{"a":1}}"#

  private func structured(_ body: String) throws -> [DecodedItem] {
    try CloudEventDecoder().decode(structured: Array(body.utf8), receivedAt: noon)
  }

  @Test func `in one piece is an event under its source and id`() throws {
    let body =
      #"{"specversion":"1.0","type":"com.example.viewed","source":"/shop","subject":"123","id":"A234","time":"2024-02-29T17:31:00Z","comexampleextension1":"v","datacontenttype":"application/json","data":\#(data)}"#
    let item = try structured(body)[0].valid
    #expect(
      item.json
        == #"{"_id":"/shop#A234","eventId":"/shop#A234","day":20240229,"subject":"user:U1","receivedAt":"2024-03-01T12:00:00.000Z","eventTimestamp":"2024-02-29T17:31:00.000Z","eventName":"com.example.viewed","userId":"U1","price":12.5,"source":"/shop","properties":{"a":1,"cloudevent":{"comexampleextension1":"v","datacontenttype":"application/json","id":"A234","source":"/shop","specversion":"1.0","subject":"123","time":"2024-02-29T17:31:00Z","type":"com.example.viewed"}}}"#
    )
  }

  @Test func `is the same event in every content mode`() throws {
    let attributes = [
      ("specversion", "1.0"), ("type", "t"), ("source", "s"), ("id", "1"), ("time", "2024-02-29T17:31:00Z"),
    ]
    let body = "{" + attributes.map { "\"\($0)\":\"\($1)\"," }.joined()
    let plain = try structured(body + "\"data\":\(data)}")[0].valid
    let encoded = try structured(body + "\"data_base64\":\"\(base64(data))\"}")[0].valid
    let batched = try CloudEventDecoder().decode(batch: Array("[\(body)\"data\":\(data)}]".utf8), receivedAt: noon)
    let binary = try CloudEventDecoder().decode(binary: Array(data.utf8), attributes: attributes, receivedAt: noon)
    #expect(plain == encoded)
    #expect(try batched[0].valid == plain)
    #expect(try binary[0].valid == plain)
  }

  @Test func `of another source is another event`() throws {
    let batch = try CloudEventDecoder().decode(
      batch: Array(
        #"[{"specversion":"1.0","type":"t","source":"a","id":"1","data":{"userId":"U","timestamp":1}},{"specversion":"1.0","type":"t","source":"b","id":"1","data":{"userId":"U","timestamp":1}},{"id":7},5]"#
          .utf8), receivedAt: noon)
    #expect(try batch[0].valid.id == "a#1" && batch[1].valid.id == "b#1")
    #expect(try batch[2].rejection == Rejection(index: 2, id: nil, code: "required", field: "specversion"))
    #expect(try batch[3].rejection.code == "json_not_an_object")
  }

  @Test(arguments: [
    (#""specversion":"0.3""#, "unknown_value", "specversion"), (#""specversion":1.0"#, "not_a_string", "specversion"),
    (#""id":"""#, "empty_id", "id"), (#""id":null"#, "required", "id"), (#""source":null"#, "required", "source"),
    (#""type":7"#, "not_a_string", "type"), (#""data":"text""#, "not_an_object", "data"),
    (#""data":null"#, "required", "data"),
    (#""data":null,"data_base64":"!""#, "not_base64", "data_base64"),
    (#""data":null,"data_base64":"AAAA""#, "not_an_object", "data_base64"),
    (#""data":{"userId":"U","properties":5}"#, "not_an_object", "properties"),
    (#""data":{"userId":{"$gt":""}}"#, "not_an_id", "userId"), (#""data":{"$where":"x"}"#, "key_not_allowed", "$where"),
    (#""time":"noon""#, "not_a_timestamp", "eventTimestamp"), (#""time":null"#, "required", "eventTimestamp"),
  ])
  func `says what is wrong and where`(member: String, code: String, field: String) throws {
    var body = "{" + member
    for (name, value) in [
      ("specversion", "\"1.0\""), ("type", "\"t\""), ("source", "\"s\""), ("id", "\"1\""), ("time", "1709210096"),
      ("data", data),
    ] where !member.hasPrefix("\"\(name)\":") && !(name == "data" && member.contains("\"data\"")) {
      body += ",\"\(name)\":\(value)"
    }
    let rejection = try structured(body + "}")[0].rejection
    #expect(rejection.code == code)
    #expect(rejection.field == field)
  }

  @Test(arguments: ["", "[]", "{", "7"])
  func `that is no JSON object is refused`(body: String) {
    #expect(throws: IngestError.self) { try structured(body) }
  }
}

@Suite struct `Ids of CloudEvents` {
  @Test func `are of source and id together, whatever stands in them`() throws {
    var ids: Set<String> = []
    let pairs = [("a", "b#c"), ("a#b", "c"), ("a", "b"), ("a#", "b"), ("a", "#b"), ("a##", "b"), ("a#", "#b")]
    for (source, id) in pairs {
      let event =
        #"{"specversion":"1.0","type":"t","source":"\#(source)","id":"\#(id)","time":"2024-02-29T12:34:56Z","data":{"userId":"U"}}"#
      ids.insert(try CloudEventDecoder().decode(structured: Array(event.utf8), receivedAt: noon)[0].valid.id)
    }
    #expect(ids.count == pairs.count && ids.contains("a#b"))
  }
}

@Suite struct `A pushed message` {
  private func push(_ body: String) throws -> [DecodedItem] {
    try PubSubDecoder().decode(wrapped: Array(body.utf8), receivedAt: noon)
  }

  @Test(arguments: [("messageId", "publishTime"), ("message_id", "publish_time")])
  func `is an event under its message id`(idName: String, timeName: String) throws {
    let data = base64(#"{"eventName":"page","userId":"U1","_id":"mine","messageId":"too"}"#)
    let item = try push(
      #"{"message":{"attributes":{"key":"value"},"data":"\#(data)","\#(idName)":"2070443601311540","\#(timeName)":"2024-02-26T19:13:55.749Z"},"subscription":"projects/p/subscriptions/s","deliveryAttempt":5}"#
    )[0].valid
    #expect(
      item.json
        == #"{"_id":"2070443601311540","eventId":"2070443601311540","day":20240226,"subject":"user:U1","receivedAt":"2024-03-01T12:00:00.000Z","eventTimestamp":"2024-02-26T19:13:55.749Z","eventName":"page","userId":"U1","properties":{"attributes":{"key":"value"}}}"#
    )
  }

  @Test func `keeps its own time`() throws {
    let data = base64(event(at: "1709210096"))
    let item = try push(#"{"message":{"data":"\#(data)","messageId":"1","publishTime":"2024-02-26T19:13:55Z"}}"#)[0]
      .valid
    #expect(item.document.date("eventTimestamp")?.rfc3339 == "2024-02-29T12:34:56.000Z")
  }

  @Test func `may come without its wrapping`() throws {
    let body = Array(#"{"eventName":"page","userId":"U1"}"#.utf8)
    let message = PubSubMessage(unwrapped: body, id: "77", publishTime: .string("2024-02-26T19:13:55.749Z"))
    let item = PubSubDecoder().event(of: message, receivedAt: noon)
    #expect(try item.valid.id == "77")
    #expect(try item.valid.document.date("eventTimestamp")?.rfc3339 == "2024-02-26T19:13:55.749Z")
  }

  @Test(
    arguments: [
      (#""data":"""#, "required", "message.data"), (#""attributes":{}"#, "required", "message.data"),
      (#""data":"a b""#, "not_base64", "message.data"), (#""data":"e30""#, "required", "eventTimestamp"),
      (#""data":"W10=""#, "json_not_an_object", nil),
      (#""data":"e30","publishTime":"x""#, "not_a_timestamp", "eventTimestamp"),
    ] as [(String, String, String?)])
  func `that is hopeless is a rejection with its id`(members: String, code: String, field: String?) throws {
    let rejection = try push(#"{"message":{"messageId":"9",\#(members)}}"#)[0].rejection
    #expect(rejection == Rejection(index: 0, id: "9", code: code, field: field))
  }

  @Test func `that is no base64 is kept as it came`() throws {
    let message = try PubSubDecoder().message(wrapped: Array(#"{"message":{"messageId":"9","data":"a b"}}"#.utf8))
    let rejection = try PubSubDecoder().event(of: message, receivedAt: noon).rejection
    #expect(DeadLetter(message, rejection).content == Array("a b".utf8))
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"message":5}"#, #"{"message":{"data":"e30="}}"#, #"{"message":{"messageId":""}}"#,
  ])
  func `without an envelope is refused`(body: String) {
    #expect(throws: IngestError.self) { try push(body) }
  }
}

@Suite struct `Base64` {
  @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar", "\u{FF}\u{FE}?>~"])
  func `is read with padding or without, in both alphabets`(text: String) {
    let encoded = base64(text)
    #expect(base64Decoded(Array(encoded.utf8)[...]) == Array(text.utf8))
    let url = encoded.utf8.filter { $0 != UInt8(ascii: "=") }.map { byte -> UInt8 in
      byte == UInt8(ascii: "+") ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
    }
    #expect(base64Decoded(url[...]) == Array(text.utf8))
  }

  @Test(arguments: ["A", "AAAAA", "Zh==", "Zm9=", "Z===", "=", "Zm 9v", "Zm9v\n", "Zg==x", "\u{E9}"])
  func `is refused when malformed`(text: String) {
    #expect(base64Decoded(Array(text.utf8)[...]) == nil)
  }
}
