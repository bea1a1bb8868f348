import BSON
import MongoTesting
import Testing

@testable import Service

@Suite struct IngestRoutesTests {
  let client: TestClient
  init() throws { client = try Shop.client }

  private func event(_ id: String, _ more: String = "") -> String {
    #"{"eventId":"\#(id)","eventName":"page","eventTimestamp":"2024-05-01T10:00:00Z","userId":"ingest-user"\#(more)}"#
  }

  @Test(arguments: ["array", "envelope", "single", "ndjson"]) func `a batch is taken in every form`(_ form: String) {
    let item = event("form-\(form)")
    let answer =
      switch form {
      case "array": client.post("/ingest/events", "[\(item)]")
      case "envelope": client.post("/ingest/events", "{\"events\":[\(item)],\"sentAt\":\"x\"}")
      case "single": client.post("/ingest/events", item)
      default: client.post("/ingest/events", item + "\n\n", type: "application/x-ndjson")
      }
    #expect(answer.status == 200, "\(answer.text)")
    #expect(answer.json.int("received") == 1 && answer.json.int("accepted") == 1)
    #expect(answer.json.string("batchId")?.isEmpty == false)
    #expect(answer.json.int("tookMs") != nil)
  }

  @Test func `sending again changes nothing`() {
    let body = "[\(event("again-1")),\(event("again-2"))]"
    #expect(client.post("/ingest/events", body).json.int("accepted") == 2)
    let second = client.post("/ingest/events", body).json
    #expect(second.int("accepted") == 0 && second.int("duplicates") == 2 && second.int("rejected") == 0)
  }

  @Test func `one bad item is rejected alone, by index and field`() throws {
    let body = """
      [\(event("ok-1")),{"eventId":"bad","eventName":"page","eventTimestamp":"yesterday","userId":"u"},\
      {"eventId":"dup","eventId":"dup2"},{"eventId":{"$ne":null},"eventName":"p","eventTimestamp":1,"userId":"u"},7]
      """
    let answer = client.post("/ingest/events", body)
    #expect(answer.status == 200)
    #expect(answer.json.int("accepted") == 1 && answer.json.int("rejected") == 4)
    let errors = answer.json.array("errors")?.compactMap(\.documentValue) ?? []
    #expect(errors.map { $0.int("index") } == [1, 2, 3, 4])
    #expect(errors.first?.string("field") == "eventTimestamp")
    #expect(errors.first?.string("code") == "not_a_timestamp")
    #expect(errors.first?.string("id") == "bad")
    #expect(errors.first?.bool("retryable") == false)
  }

  @Test func `an atomic batch is stored as a whole or not at all`() {
    let good = event("atomic-1")
    let mixed = client.post("/ingest/events?mode=atomic", "[\(good),{\"eventId\":\"x\"},{}]")
    #expect(mixed.status == 422)
    #expect(mixed.field("Content-Type") == "application/problem+json")
    #expect(mixed.code == "batch_rejected")
    let errors = mixed.json.array("errors")?.compactMap(\.documentValue) ?? []
    #expect(errors.map { $0.int("index") } == [1, 2])
    #expect(errors.map { $0.string("pointer") } == ["/1", "/2"])
    #expect(errors.allSatisfy { $0.string("code") == "required" && $0.string("field") != nil }, "\(mixed.text)")
    let whole = client.post("/ingest/events?mode=atomic", "[\(good)]")
    #expect(whole.status == 200 && whole.json.int("accepted") == 1, "nothing was stored before")
  }

  @Test func `an order, a product, a rating and a record go their ways`() {
    for (kind, item) in [
      ("orders", #"{"orderId":"way","orderDate":"2024-05-01","orderTotal":1,"userId":"ingest-user"}"#),
      ("products", #"{"productId":"way"}"#), ("ratings", #"{"userId":"u","productId":"way","rating":1}"#),
      ("interactions", #"{"interactionId":"way","channel":"chat","at":"2024-05-01","userId":"ingest-user"}"#),
      ("customers", #"{"source":"s","sourceId":"way"}"#),
    ] {
      let answer = client.post("/ingest/\(kind)", "{\"\(kind)\":[\(item)]}")
      #expect(answer.status == 200 && answer.json.int("accepted") == 1, "\(kind) \(answer.text)")
    }
  }

  @Test func `a csv of products is read by its header`() {
    let answer = client.post("/ingest/products", "productId,productName,price\r\nc1,\"A, b\",2.5\r\n", type: "text/csv")
    #expect(answer.json.int("accepted") == 1, "\(answer.text)")
    #expect(client.get("/products/c1").json.string("productName") == "A, b")
  }

  @Test(arguments: [
    ("", 400), (" \n", 400), ("[]", 200), ("[", 400), ("{", 400), ("7", 400), ("null", 400), ("\"x\"", 400),
    ("[1}", 400),
    ("{\"events\":7}", 400), ("{}", 400), ("{\"other\":[]}", 400), ("{\"events\":[],\"events\":[]}", 400),
    ("[] x", 400), ("\u{0}", 400),
  ]) func `only an envelope that cannot be read is a 400`(_ body: String, _ status: Int) {
    let answer = client.post("/ingest/events", body)
    #expect(answer.status == status, "\(answer.text)")
  }

  @Test func `sizes and types are told apart`() {
    #expect(client.post("/ingest/events", "[]", type: "text/plain").status == 415)
    #expect(client.post("/ingest/events", "[]", type: "application/json; charset=latin1").status == 415)
    #expect(
      client.send("POST", "/ingest/events", ["Content-Type": "application/json", "Content-Encoding": "br"], [91, 93])
        .status == 415)
    let items = String(repeating: "{},", count: 10_000) + "{}"
    let many = client.post("/ingest/events", "[\(items)]")
    #expect(many.status == 413 && many.code == "too_many_items")
    let large = client.send(
      "POST", "/ingest/events",
      ["Content-Type": "application/json", "Content-Length": "9000000", "Expect": "100-continue"])
    #expect(large.status == 413)
    #expect(client.post("/ingest/events?mode=all", "[]").status == 400)
    #expect(client.post("/ingest/events?dry=1", "[]").status == 400)
    #expect(client.post("/ingest/nothing", "[]").status == 404)
    #expect(client.get("/ingest/events").status == 405)
  }
}
