import BSON
import MongoTesting
import Store
import Testing

@testable import Service

/// Malformed input over HTTP, in every dialect. The decoders alone are fed far more of it in IngestionTests.
@Suite struct FuzzRoutesTests {
  private static let perDialect = 150

  private static let dialects: [(path: String, type: String, body: String)] = [
    (
      "/ingest/events", "application/json",
      #"{"events":[{"eventId":"f1","eventName":"view_item","eventTimestamp":"2024-05-01T10:00:00Z","userId":"f","items":[{"price":1,"x":{"y":[1]}}],"properties":{"$a":1,"b.c":{"d":"\u00e9"}}}]}"#
    ),
    (
      "/ingest/events", "application/x-ndjson",
      #"{"eventName":"a","eventTimestamp":1714557600,"anonymousId":"f"}"# + "\n"
        + #"{"eventName":"b","eventTimestamp":1714557600.5,"userId":7}"#
    ),
    ("/ingest/events", "text/csv", "r1,A,\"K,\n\"\"x\"\"\",15,7,20240229,view,1709210096789,s,1.5,P,Mug,2,3,U1,b\r\n"),
    (
      "/ingest/customers", "application/json",
      #"[{"source":"f","sourceId":"1","email":"a@b.c","phone":"+15550100123","address":{"city":"Y"},"consents":{"m":true},"x":[1,{"y":2}]}]"#
    ),
    ("/ingest/products", "text/csv", "productId,productName,price,x\np,\"Mug, large\",1.5,\"a\"\n"),
    (
      "/ingest/orders?mode=atomic", "application/json",
      #"[{"orderId":"o","orderDate":"2024-02-29","orderTotal":5,"userId":"f","lineItems":[{"quantity":1,"price":2e0}]}]"#
    ),
    ("/ingest/ratings", "application/json", #"[{"userId":"u","productId":"p/%","rating":4.5,"at":1709210096.5}]"#),
    (
      "/v1/batch", "text/plain",
      #"{"batch":[{"type":"track","event":"Order Completed","userId":1,"messageId":"m","timestamp":"2024-02-29T12:00:00Z","properties":{"order_id":"O","products":[{"sku":"P","price":1.5}],"$a.b":[{}]}},{"type":"identify","userId":"U","anonymousId":"a","traits":{"name":"A B","birthday":"1960-02-29","x":1},"context":{"consent":{"categoryPreferences":{"marketing":true}}}}],"sentAt":"2024-02-29T12:00:01Z"}"#
    ),
    ("/v1/alias", "application/json", #"{"previousId":"a","userId":"U","messageId":"m2"}"#),
    (
      "/ingest/cloudevents", "application/cloudevents+json",
      #"{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2024-02-29T12:00:00Z","data":{"userId":"U","properties":{"$a":1}}}"#
    ),
    (
      "/ingest/cloudevents", "application/cloudevents-batch+json",
      #"[{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"eyJ1c2VySWQiOiJVIiwidGltZXN0YW1wIjoxfQ=="}]"#
    ),
    (
      "/ingest/pubsub", "application/json",
      #"{"message":{"messageId":"1","publishTime":"2024-02-29T12:00:00Z","data":"eyJ1c2VySWQiOiJVIiwiZXZlbnROYW1lIjoiYSJ9","attributes":{"a.b":"c"}}}"#
    ),
  ]

  @Test func `malformed input is never a fault of the service, and what it takes in is projected`() throws {
    let running = try RunningService(try TestDatabase.fresh())
    defer { running.stop() }
    try running.waitUntilReady()
    var random = SplitMix64(state: 0xF0_22ED)
    var statuses: [Int: Int] = [:]
    for (path, type, body) in Self.dialects {
      #expect(running.client.post(path, body, type: type).status == 200, "\(path) as it should be")
      for _ in 0..<Self.perDialect {
        let bytes = mutated(Array(body.utf8), using: &random)
        let answer = running.client.post(path, bytes: bytes, type: type)
        statuses[answer.status, default: 0] += 1
        #expect((200..<500).contains(answer.status), "\(path) \(String(decoding: bytes, as: UTF8.self)) \(answer.text)")
        #expect(answer.status < 400 || answer.field("Content-Type") == "application/problem+json")
      }
    }
    #expect((statuses[200] ?? 0) > 100 && (statuses[400] ?? 0) > 100, "\(statuses)")
    // An event that nothing came after it shows that all before it were worked off.
    let last = #"[{"eventId":"last","eventName":"a","eventTimestamp":"2024-05-01T10:00:00Z","userId":"last"}]"#
    #expect(running.client.post("/ingest/events", last).json.int("accepted") == 1)
    let customer = IdentifierAssignment.customerId(anchoredAt: "user:last")
    try wait(for: "the projection of all that was taken in") {
      running.client.get("/customers/\(customer)").status == 200
    }
    #expect(running.client.get("/dead-letters?origin=projection").items.isEmpty)
    #expect(running.client.get("/metrics").text.contains("customer360_projection_failures_total 0\n"))
  }

  /// A few random edits: a byte changed, removed, doubled, or something awkward put in.
  private func mutated(_ seed: [UInt8], using random: inout SplitMix64) -> [UInt8] {
    let awkward = [
      "\0", "\u{FEFF}", "\"", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "$", ".", "\n", "1e999",
      "9223372036854775808", "null", "\"$gt\":", "NaN", "10000-01-01",
    ]
    var bytes = seed
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(bytes[place], at: place)
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...12, using: &random)))
      default: bytes.insert(contentsOf: (awkward.randomElement(using: &random) ?? "").utf8, at: place)
      }
    }
    return bytes
  }
}
