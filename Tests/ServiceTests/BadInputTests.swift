import BSON
import Testing

@testable import Service

/// Requirements 28 and 35 of HTTPServer.md: whatever a client sends, it is told what is wrong (RFC 9457); nothing of it is a
/// fault of the service (RFC 8259 sections 7 and 9).
@Suite struct BadInputTests {
  let client: TestClient
  init() throws { client = try Shop.client }

  @Test(arguments: [
    "{\"ids\":{\"$ne\":null}}", "{\"ids\":[{\"$gt\":\"\"}]}", "{\"ids\":[1]}", "{\"ids\":[null]}", "{\"ids\":\"c\"}",
    "{\"ids\":[]}", "{\"ids\":null}", "{}", "[]", "null", "7", "\"x\"", "", "{",
    "{\"ids\":[\"a\"],\"$where\":\"sleep(5000)\"}",
    "{\"ids\":[\"a\"],\"ids\":[\"b\"]}", "{\"ids\":[\"a\"]} x", "{\"ids\":[\"a\"],\"__proto__\":{}}",
    "{\"ids\":[\"\\ud800\"]}", "{\"ids\":[\"a\u{1}\"]}", "{\"ids\":[1e400]}", "{\"ids\":[99999999999999999999]}",
    "{\"i\\u0000ds\":[]}", "{\"ids\":NaN}",
  ]) func `28 a body that is not what is asked for is a 400`(_ body: String) {
    let answer = client.post("/customers:batchGet", body)
    #expect(answer.status == 400, "\(answer.text)")
    #expect(answer.field("Content-Type") == "application/problem+json")
    #expect(answer.code != nil && answer.json.string("requestId") != nil)
  }

  @Test func `a field that is not known is named`() {
    let answer = client.post("/customers:batchGet", "{\"ids\":[\"a\"],\"a/b~c\":1,\"role\":\"admin\"}")
    #expect(answer.code == "unknown_field")
    let pointers = answer.json.array("errors")?.compactMap { $0.documentValue?.string("pointer") }
    #expect(pointers == ["/a~1b~0c", "/role"])
  }

  @Test func `28 too many ids, too deep and not UTF-8 are refused`() {
    let ids = (0...500).map { "\"\($0)\"" }.joined(separator: ",")
    #expect(client.post("/customers:batchGet", "{\"ids\":[\(ids)]}").status == 400)
    let most = (0..<500).map { "\"\($0)\"" }.joined(separator: ",")
    #expect(client.post("/customers:batchGet", "{\"ids\":[\(most)]}").status == 200)
    let deep = String(repeating: "[", count: 100_000)
    #expect(client.post("/customers:batchGet", "{\"ids\":\(deep)").status == 400)
    #expect(
      client.post("/customers:batchGet", bytes: Array("{\"ids\":[\"".utf8) + [0xFF] + Array("\"]}".utf8)).status == 400)
    #expect(client.post("/customers:batchGet", "{\"ids\":[\"a\\u0000b\"]}").status == 400)
    let large = "{\"ids\":[\"\(String(repeating: "a", count: 1_100_000))\"]}"
    #expect(client.post("/customers:batchGet", large).status == 413)
  }

  @Test(arguments: [
    "/customers/%00", "/customers/a%2Fb", "/customers/%FF", "/customers/%", "/customers/a%00b/orders", "/customers/..",
    "/customers/%2e%2e/orders", "/products/%2F", "/jobs/%00",
  ]) func `a path that cannot be a name is refused`(_ path: String) {
    let answer = client.get(path)
    #expect(answer.status == 400 || answer.status == 404, "\(path): \(answer.status)")
    #expect(answer.field("Content-Type") == "application/problem+json")
  }

  @Test func `35 ids are told apart by their bytes`() {
    #expect(client.get("/products/P1").status == 200)
    #expect(client.get("/products/p1").status == 404)
    #expect(client.get("/products/P1%20").status == 404)
    #expect(client.get("/products/%7B%22$ne%22:null%7D").status == 404)
  }

  @Test func `names of routes have a case and no slash at their end`() {
    for path in ["/Customers/lookup", "/customers/", "/segments/", "/v2/customers", "/admin", "//segments", "/debug"] {
      #expect(client.get(path).status == 404, "\(path)")
    }
    let wrong = client.send("DELETE", "/segments/x")
    #expect(wrong.status == 405 && wrong.field("Allow")?.contains("GET") == true)
    #expect(client.send("BREW", "/segments/x").status == 501)
    #expect(client.send("POST", "/segments/x", ["X-HTTP-Method-Override": "GET"]).status == 405)
  }

  @Test(arguments: [
    "/limits?x=1", "/metrics?x=1", "/docs?x=1", "/openapi.yaml?x=1", "/?x=1", "/segments?sort=name",
    "/products/P1?fields=a", "/models?limit=1&limit=2", "/jobs/x?y", "/segments?%24where=1",
    "/segments?limit%5B%24gt%5D=1",
  ]) func `an unknown or repeated parameter is named`(_ path: String) {
    let answer = client.get(path)
    #expect(answer.status == 400)
    #expect(answer.code == "unknown_parameter" || answer.code == "repeated_parameter", "\(path) \(answer.text)")
    let field = answer.json.array("errors")?.first { _ in true }?.documentValue?.string("field")
    #expect(field?.isEmpty == false)
  }

  @Test(arguments: [
    "{\"instances\":{}}", "{}", "{\"instances\":[1],\"x\":1}", "{\"instances\":[],\"parameters\":{\"a\":1}}", "[]",
  ]) func `a prediction needs instances`(_ body: String) {
    #expect(client.post("/models/none:predict", body).status == 400)
  }

  @Test(arguments: [
    "{\"options\":[]}", "{\"seed\":1.5}", "{\"seed\":\"1\"}", "{\"option\":{}}", "[]",
    "{\"options\":{\"NUM_CLUSTERS\":{\"$gt\":1}}}",
  ])
  func `a training needs options and a whole seed`(_ body: String) {
    #expect(client.post("/models/kmeans:train", body).status == 400)
  }

  @Test func `names from outside are cut short where they are repeated`() {
    let answer = client.get("/segments?\(String(repeating: "x", count: 4000))=1")
    #expect(answer.status == 400 && answer.body.count < 1000)
  }
}
