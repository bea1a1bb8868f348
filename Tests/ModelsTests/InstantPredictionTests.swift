import BSON
import Models
import MongoTesting
import Store
import Testing

/// The short way of a prediction, from the bytes of a call to the bytes of its answer, against the ordinary way.
@Suite("Predictions from bytes to bytes")
struct InstantPredictionTests {
  @Test(arguments: ["EUCLIDEAN", "COSINE"])
  func `both ways give the same bytes, whatever is sent`(distance: String) throws {
    let world = try World()
    try world.set(
      (0..<120).map { number in
        let customer = World.customer(
          World.id(number), sessions: number % 40, timeMs: number * 977 % 50_000, orderValue: Double(number % 90) + 0.5,
          orders: number % 7)
        return BSONDocument { writer in
          writer.append(contentsOf: customer)
          writer.append(
            "attributes",
            document: {
              if number % 5 > 0 { $0.append("region", ["north", "south", "Köln", "true"][number % 4]) }
            })
        }
      })
    let service = world.service()
    defer { service.stop() }
    let options = BSONDocument {
      $0.append("NUM_CLUSTERS", 5)
      $0.append("DISTANCE_TYPE", distance)
      $0.append("FEATURES", ["session_count", "average_order_value", "attributes.region"])
    }
    #expect(try service.trained("kmeans", options).string("state") == "succeeded")
    var random = SystemRandomNumberGenerator()
    var instant = 0
    for _ in 0..<3000 {
      let body = Self.body(using: &random)
      guard let answer = service.answerInstantly("kmeans", body: Array(body.utf8)) else { continue }
      instant += 1
      let document = try JSONDecoding.document(from: Array(body.utf8).span)
      let asked = try #require(document.array("instances"), "\(body)")
      var expected: [UInt8] = []
      JSONEncoding.append(try service.predict("kmeans", instances: asked), to: &expected)
      #expect(String(decoding: answer, as: UTF8.self) == String(decoding: expected, as: UTF8.self), "\(body)")
    }
    #expect(instant > 500)
  }

  @Test(arguments: [
    "", "{", "[]", "{}", "null", #"{"instances":{}}"#, #"{"instances":[]}"#, #"{"instances":[{},{}]}"#,
    #"{"instances":[{"session_count":1}]"#, #"{"instances":[{"session_count":1}]}}"#,
    #"{"instances":[{"session_count":1}],"parameters":{}}"#, #"{"instances":[{"session_count":1,"session_count":1}]}"#,
    #"{"instances":[{"session_count":"1"}]}"#, #"{"instances":[{"session_count":01}]}"#,
    #"{"instances":[{"session_count":1e999}]}"#, #"{"instances":[{"session_count":99999999999999999999}]}"#,
    #"{"instances":[{"session_count":1,}]}"#, #"{"instances":[{"session_count":NaN}]}"#,
    #"{"instances":[{"customerId":"c1"}]}"#, #"{"instances":[{"other":1}]}"#,
    #"{"instances":[{"session_count":true}]}"#,
    #"{"instances":[{"session\u005fcount":1}]}"#, #"{"instance":[{"session_count":1}]}"#, #"{"instances":[{"":1}]}"#,
  ])
  func `what is wrong or unusual is left to the ordinary way`(body: String) throws {
    #expect(Self.served.service.answerInstantly("kmeans", body: Array(body.utf8)) == nil)
  }

  @Test func `a call that is cut short anywhere is left to the ordinary way`() throws {
    let service = Self.served.service
    let body = Array(#"{"instances": [ {"session_count": 12.5, "no_of_orders" : null } ] } "#.utf8)
    #expect(service.answerInstantly("kmeans", body: body) != nil)
    for length in 0..<(body.count - 2) {
      #expect(service.answerInstantly("kmeans", body: Array(body[..<length])) == nil, "\(length)")
    }
  }

  @Test func `aliases and endpoints lead to the same answer, other versions and splits to none`() throws {
    let world = try World()
    try world.populateSegments(120)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    try service.trained("kmeans", fourClusters, seed: 2)
    let body = Array(#"{"instances":[{"session_count":12}]}"#.utf8)
    _ = try service.setDefault("2", ofModel: "kmeans", force: true)
    let answer = try #require(service.answerInstantly("kmeans", body: body))
    #expect(service.answerInstantly("kmeans", version: "default", body: body) == answer)
    #expect(service.answerInstantly("kmeans", version: "2", body: body) == answer)
    #expect(service.answerInstantly("kmeans", version: "1", body: body) == nil)
    #expect(service.answerInstantly("nothing", body: body) == nil)
    #expect(service.answerInstantly(endpoint: "kmeans", body: body) == answer)
    _ = try service.setEndpoint("front", trafficSplit: BSONDocument { $0.append("kmeans:2", 100) })
    #expect(service.answerInstantly(endpoint: "front", body: body) == answer)
    _ = try service.setEndpoint("front", trafficSplit: BSONDocument { $0.append("kmeans:2", 100) }, shadow: "kmeans:1")
    #expect(service.answerInstantly(endpoint: "front", body: body) == nil)
    _ = try service.setEndpoint(
      "front",
      trafficSplit: BSONDocument {
        $0.append("kmeans:1", 50)
        $0.append("kmeans:2", 50)
      })
    #expect(service.answerInstantly(endpoint: "front", body: body) == nil)
  }

  // MARK: Support

  private struct Served: Sendable {
    let service: ModelService
  }

  /// One clustering for all the tests that only ask.
  private static let served: Served = {
    do {
      let world = try World()
      try world.populateSegments(120)
      let service = world.service()
      try service.trained("kmeans", fourClusters)
      return Served(service: service)
    } catch {
      // Nothing here can be asked without it.
      fatalError("\(error)")
    }
  }()

  private static func body(using random: inout some RandomNumberGenerator) -> String {
    func number() -> String {
      switch Int.random(in: 0..<6, using: &random) {
      case 0: "\(Int.random(in: -5...60, using: &random))"
      case 1: "\(Double.random(in: -1e3...1e3, using: &random))"
      case 2: "\(Double.random(in: -1e300...1e300, using: &random))"
      case 3: "0.1e-\(Int.random(in: 0...400, using: &random))"
      case 4: "null"
      default: "\(Int.random(in: .min ... .max, using: &random))"
      }
    }
    func text() -> String {
      [#""north""#, #""south""#, #""Köln""#, #""nowhere""#, "null", "true", "false", #""""#].randomElement(
        using: &random)
        ?? ""
    }
    let space = Bool.random(using: &random) ? "" : " \n\t"
    var fields: [String] = []
    if Bool.random(using: &random) { fields.append("\(space)\"session_count\":\(space)\(number())") }
    if Bool.random(using: &random) { fields.append("\"average_order_value\"\(space):\(number())\(space)") }
    if Bool.random(using: &random) { fields.append("\"attributes.region\":\(space)\(text())") }
    fields.shuffle(using: &random)
    return
      "\(space){\(space)\"instances\"\(space):[\(space){\(fields.joined(separator: ","))\(space)}\(space)]}\(space)"
  }
}
