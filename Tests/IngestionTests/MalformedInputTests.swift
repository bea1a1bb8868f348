import BSON
import MongoTesting
import Testing

@testable import Ingestion

@Suite struct `Malformed input` {
  private static let inputsPerDialect = 5000

  @Test(arguments: [IngestFormat.json, .ndjson, .csv], IngestKind.allCases)
  func `never stops the decoder, and what is accepted is valid`(format: IngestFormat, kind: IngestKind) throws {
    var random = SplitMix64(state: 0xC0FFEE)
    let seeds = seeds(kind, format).map { Array($0.utf8) }
    let decoder = BatchDecoder()
    var accepted = 0
    for _ in 0..<Self.inputsPerDialect / IngestKind.allCases.count {
      let body = mutated(seeds.randomElement(using: &random) ?? [], using: &random)
      guard let items = try? decoder.decode(kind, body, as: format, receivedAt: noon) else { continue }
      for (index, item) in items.enumerated() {
        switch item {
        case .valid(let item):
          accepted += 1
          check(item, kind)
        case .rejected(let rejection):
          #expect(rejection.index == index)
          #expect(!rejection.code.isEmpty)
        }
      }
    }
    #expect(accepted > 0)
  }

  @Test func `of Segment's dialect never stops its decoder`() throws {
    let seeds = [
      #"{"batch":[{"type":"track","event":"Order Completed","userId":1,"messageId":"m","timestamp":"2024-02-29T12:00:00Z","properties":{"order_id":"O","products":[{"sku":"P","price":1.5}],"$a.b":[{}]}},{"type":"identify","userId":"U","anonymousId":"a","traits":{"name":"A B","birthday":"1960-02-29","address":{"state":"CA"},"x":1}}],"sentAt":"2024-02-29T12:00:01Z","context":{"traits":{"email":"a@b.c"}}}"#,
      #"{"batch":[{"type":"alias","previousId":"a","userId":"U"},{"type":"group","groupId":1,"userId":"U"},{"type":"page","anonymousId":"a","name":"x"}]}"#,
    ].map { Array($0.utf8) }
    var random = SplitMix64(state: 7)
    var accepted = 0
    for _ in 0..<Self.inputsPerDialect {
      let body = mutated(seeds.randomElement(using: &random) ?? [], using: &random)
      guard let messages = try? SegmentDecoder().decode(.batch, body, receivedAt: noon) else { continue }
      for message in messages {
        guard case .valid(let event) = message.event else { continue }
        accepted += 1
        check(event, .events)
        for record in message.records { check(record, .customers) }
      }
    }
    #expect(accepted > 0)
  }

  @Test func `of an envelope never stops its decoder`() throws {
    let seeds = [
      #"[{"specversion":"1.0","id":"1","source":"s","type":"t","time":"2024-02-29T12:00:00Z","data":{"userId":"U","properties":{"$a":1}}}]"#,
      #"[{"specversion":"1.0","id":"1","source":"s","type":"t","data_base64":"eyJ1c2VySWQiOiJVIiwidGltZXN0YW1wIjoxfQ=="}]"#,
      #"{"message":{"messageId":"1","publishTime":"2024-02-29T12:00:00Z","data":"eyJ1c2VySWQiOiJVIiwiZXZlbnROYW1lIjoiYSJ9","attributes":{"a.b":"c"}}}"#,
    ].map { Array($0.utf8) }
    var random = SplitMix64(state: 11)
    var accepted = 0
    for _ in 0..<Self.inputsPerDialect {
      let body = mutated(seeds.randomElement(using: &random) ?? [], using: &random)
      var items = (try? CloudEventDecoder().decode(batch: body, receivedAt: noon)) ?? []
      items += (try? PubSubDecoder().decode(wrapped: body, receivedAt: noon)) ?? []
      for item in items {
        guard case .valid(let event) = item else { continue }
        accepted += 1
        check(event, .events)
      }
    }
    #expect(accepted > 0)
  }

  private func check(_ item: ValidItem, _ kind: IngestKind) {
    #expect(throws: Never.self) { try BSONDocument(validating: Array(item.document.bytes)) }
    #expect(!item.id.isEmpty && !item.id.utf8.contains(0))
    let names = item.document.map(\.key)
    #expect(Set(names.map { Array($0.utf8) }).count == names.count)
    #expect(!names.contains { $0.hasPrefix("$") || $0.contains(".") })
    switch kind {
    case .events:
      #expect(item.document.string("_id") == item.id)
      #expect(item.document.date("eventTimestamp")?.hasText == true)
      #expect(item.document.string("eventId") != nil && item.document.int("day") != nil)
    case .customers, .products, .orders, .ratings, .interactions:
      for name in ["_id", "version", "contentHash", "deleted"] { #expect(!names.contains(name)) }
    }
  }

  private func seeds(_ kind: IngestKind, _ format: IngestFormat) -> [String] {
    if format == .csv {
      switch kind {
      case .events:
        return [
          "r1,A,\"K,\n\"\"x\"\"\",15,7,20240229,view,1709210096789,s,1.5,P,Mug,2,3,U1,b\r\nr2,,,,,,,,,,,,,,,\n",
          "_id,eventTimestamp,userId,price,items,a.b\nr1,2024-02-29T12:34:56Z,U,1,\"[{\"\"price\"\":1}]\",x\n",
        ]
      case .customers: return ["source,sourceId,email,address.city,consents.marketing\nweb,1,a@b.c,Y,true\n"]
      case .products: return ["productId,price,inStock,x\np,1.5,true,\"a\"\n"]
      case .orders: return ["orderId,orderDate,orderTotal,lineItems\no,20240229,5,\"[{\"\"quantity\"\":1}]\"\n"]
      case .ratings: return ["userId,productId,rating,at\nu,p,4.5,1709210096\n"]
      case .interactions: return ["interactionId,channel,at,from,subject\ni,call,1709210096,+15550100123,\"a\"\n"]
      }
    }
    let items: [String] =
      switch kind {
      case .events:
        [event(#""items":[{"price":1,"x":{"y":[1]}}],"properties":{"$a":1,"b.c":{"d":"\u00e9"}}"#), event(id: nil)]
      case .customers:
        [
          #"{"source":"web","sourceId":"1","email":"a@b.c","address":{"city":"Y"},"consents":{"m":true},"x":[1,{"y":2}]}"#
        ]
      case .products: [#"{"productId":"p","price":1.5,"inStock":true,"x":null}"#]
      case .orders:
        [#"{"orderId":"o","orderDate":"2024-02-29","orderTotal":5,"lineItems":[{"quantity":1,"price":2e0}]}"#]
      case .ratings: [#"{"userId":"u","productId":"p/%","rating":4.5,"at":1709210096.5}"#]
      case .interactions:
        [#"{"interactionId":"i","channel":"call","at":1709210096.5,"from":"+15550100123","sentiment":{"score":0.5}}"#]
      }
    if format == .ndjson { return [items.joined(separator: "\n"), items.joined(separator: "\r\n\n")] }
    return ["[\(items.joined(separator: ","))]", #"{"\#(kind.rawValue)":[\#(items.joined(separator: " , "))],"n":1}"#]
      + items
  }

  /// A few random edits: a byte changed, removed, doubled, or something awkward put in.
  private func mutated(_ seed: [UInt8], using random: inout SplitMix64) -> [UInt8] {
    let awkward: [String] = [
      "\0", "\u{FEFF}", "\"", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "$", ".", "\n", "\r", "-",
      "1e999",
      "9223372036854775808", "null", "true", "{}", "[]", "\"\"", "\"$gt\":", "\u{301}", "NaN", "00000000",
      "10000-01-01",
    ]
    var bytes = seed
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: place)
      case 2: bytes.insert(bytes[place], at: place)
      case 3: bytes.removeSubrange(place...)
      case 4:
        let end = min(bytes.count, place + Int.random(in: 1...12, using: &random))
        bytes.removeSubrange(place..<end)
      default: bytes.insert(contentsOf: (awkward.randomElement(using: &random) ?? "").utf8, at: place)
      }
    }
    return bytes
  }
}
