import BSON
import HTTPServer
import MongoTesting
import Store
import Testing

@testable import Service

private enum Tracked {
  static let started: Result<RunningService, any Error> = Result {
    let running = try RunningService(try TestDatabase.fresh())
    try running.waitUntilReady()
    return running
  }
}

/// The examples of the public documentations of the dialects, over HTTP.
@Suite struct TrackingRoutesTests {
  let running: RunningService
  var client: TestClient { running.client }

  init() throws { running = try Tracked.started.get() }

  private func event(_ id: String) throws -> BSONDocument? {
    try running.store.database.collection("events").findOne(BSONDocument { $0.append("_id", id) }, deadline: .ofTest)
  }

  @Test func `the examples of the tracking API's documentation are stored, each by its long and its short name`()
    throws
  {
    let examples: [(long: String, short: String, body: String)] = [
      (
        "identify", "i",
        #"{"userId":"019mr8mf4r","messageId":"doc-i","traits":{"email":"pgibbons@example.com","name":"Peter Gibbons","industry":"Technology"},"context":{"ip":"24.5.68.47"},"timestamp":"2012-12-02T00:30:08.276Z"}"#
      ),
      (
        "track", "t",
        #"{"userId":"019mr8mf4r","messageId":"doc-t","event":"Item Purchased","properties":{"name":"Leap to Conclusions","revenue":14.99},"context":{"ip":"24.5.68.47"},"timestamp":"2012-12-02T00:30:12.984Z"}"#
      ),
      (
        "page", "p",
        #"{"userId":"019mr8mf4r","messageId":"doc-p","name":"Tracking HTTP API","timestamp":"2012-12-02T00:31:29.738Z"}"#
      ),
      (
        "screen", "s",
        #"{"userId":"019mr8mf4r","messageId":"doc-s","name":"Tracking HTTP API","timestamp":"2012-12-02T00:31:29.738Z"}"#
      ),
      (
        "group", "g",
        #"{"userId":"019mr8mf4r","messageId":"doc-g","groupId":"group123","traits":{"name":"Initech","employees":329},"timestamp":"2012-12-02T00:31:38.208Z"}"#
      ),
      (
        "alias", "a",
        #"{"previousId":"39239-239239-239239-23923","userId":"019mr8mf4r","messageId":"doc-a","timestamp":"2012-12-02T00:31:29.738Z"}"#
      ),
      (
        "batch", "b",
        #"{"batch":[{"type":"identify","userId":"019mr8mf4r","messageId":"doc-b1","traits":{"email":"jake@yahoo.com","name":"Jake Peterson","age":26}},{"type":"track","userId":"019mr8mf4r","messageId":"doc-b2","event":"Song Played","properties":{"name":"Fallin for You","artist":"Dierks Bentley"}},{"type":"identify","anonymousId":"971mj8mk7p","userId":null,"messageId":"doc-b3","traits":{"email":"john@example.com"}}],"context":{"device":{"type":"phone","name":"Apple iPhone 6"}}}"#
      ),
    ]
    for (long, short, body) in examples {
      let first = client.post("/v1/\(long)", body)
      let count = long == "batch" ? 3 : 1
      #expect(first.status == 200 && first.json.int("accepted") == count, "\(long) \(first.text)")
      let again = client.post("/v1/\(short)", body, type: "text/plain;charset=UTF-8")
      #expect(again.status == 200 && again.json.int("duplicates") == count, "\(short) \(again.text)")
    }
    #expect(try event("doc-p")?.string("eventName") == "page")
    let customer = IdentifierAssignment.customerId(anchoredAt: "user:019mr8mf4r")
    try wait(for: "what identify said of the customer") {
      client.get("/customers/\(customer)").json.string("email") == "jake@yahoo.com"
    }
    let identifiers = client.get("/customers/\(customer)").json.array("identifiers")?.compactMap {
      $0.documentValue?.string("value")
    }
    #expect(identifiers?.contains("39239-239239-239239-23923") == true, "alias links the earlier id")
  }

  @Test func `sizes are refused with an error, not dropped`() throws {
    func message(_ id: String, bytes: Int) -> String {
      let text = #"{"type":"track","userId":"big","event":"e","messageId":"\#(id)","properties":{"x":""}}"#
      return text.dropLast(3) + String(repeating: "a", count: bytes - text.utf8.count) + "\"}}"
    }
    #expect(client.post("/v1/track", message("fits", bytes: 32 * 1024)).status == 200)
    let large = client.post("/v1/track", message("large", bytes: 32 * 1024 + 1))
    #expect(large.status == 413 && large.code == "message_too_large", "\(large.text)")
    let batch = client.post(
      "/v1/batch", "{\"batch\":[\(message("b1", bytes: 32 * 1024 + 1)),\(message("b2", bytes: 200))]}")
    #expect(batch.status == 200 && batch.json.int("accepted") == 1 && batch.json.int("rejected") == 1, "\(batch.text)")
    func body(_ bytes: Int) -> String {
      let text = #"{"batch":[]}"#
      return text + String(repeating: " ", count: bytes - text.utf8.count)
    }
    #expect(client.post("/v1/batch", body(500 * 1024)).status == 200)
    #expect(client.post("/v1/batch", body(500 * 1024 + 1)).status == 413)
  }

  @Test func `one message that cannot be stored is a 400 that names the field`() {
    for (call, body, field) in [
      ("track", #"{"userId":"u"}"#, "event"), ("page", "{}", "userId"), ("group", #"{"userId":"u"}"#, "groupId"),
      ("alias", #"{"userId":"u"}"#, "previousId"), ("identify", #"{"userId":{"$ne":1}}"#, "userId"),
    ] {
      let answer = client.post("/v1/\(call)", body)
      #expect(answer.status == 400 && answer.code == "item_rejected", "\(call) \(answer.text)")
      let error = answer.json.array("errors")?.compactMap(\.documentValue).first
      #expect(error?.string("field") == field, "\(call) \(answer.text)")
    }
    #expect(client.post("/v1/dance", "{}").status == 404)
    #expect(client.post("/v1/track", "[").status == 400)
  }

  @Test func `a consent stamp sets consents, and a changed mind changes them`() throws {
    func stamp(_ id: String, _ call: String, at time: String, _ preferences: String) {
      let answer = client.post(
        "/v1/\(call)",
        #"{"userId":"consenting","event":"Segment Consent Preference Updated","messageId":"\#(id)","timestamp":"\#(time)","context":{"consent":{"categoryPreferences":{\#(preferences)}}}}"#
      )
      #expect(answer.status == 200, "\(answer.text)")
    }
    let customer = IdentifierAssignment.customerId(anchoredAt: "user:consenting")
    stamp("c1", "identify", at: "2024-01-01T00:00:00Z", #""Marketing":true,"profiling":true,"Advertising":false"#)
    stamp("c2", "track", at: "2024-01-02T00:00:00Z", #""Marketing":false,"profiling":true"#)
    try wait(for: "the changed consents") {
      let consents = client.get("/customers/\(customer)").json.document("consents")
      return consents?.bool("marketing") == false && consents?.bool("profiling") == true
        && consents?.contains("Advertising") == false
    }
  }

  @Test(arguments: [
    (
      "application/cloudevents+json",
      #"{"specversion":"1.0","type":"com.example.someevent","source":"/mycontext","id":"A234-1234-1234","time":"2018-04-05T17:31:00Z","comexampleextension1":"value","datacontenttype":"application/json","data":{"userId":"ce"}}"#,
      "/mycontext#A234-1234-1234"
    ),
    (
      "application/cloudevents-batch+json",
      #"[{"specversion":"1.0","type":"com.example.someevent","source":"/mycontext/4","id":"B234-1234-1234","time":"2018-04-05T17:31:00Z","data":{"userId":"ce"}},{"specversion":"1.0","type":"com.example.someotherevent","source":"/mycontext/9","id":"C234-1234-1234","time":"2018-04-05T17:31:05Z","data":{"userId":"ce"}}]"#,
      "/mycontext/9#C234-1234-1234"
    ),
  ]) func `CloudEvents come structured and batched`(type: String, body: String, id: String) throws {
    let answer = client.post("/ingest/cloudevents", body, type: type)
    #expect(answer.status == 200 && answer.json.int("rejected") == 0, "\(answer.text)")
    #expect(try event(id)?.string("userId") == "ce")
  }

  @Test func `a CloudEvent comes binary, its attributes percent-encoded in the head`() throws {
    let fields = [
      "Content-Type": "application/json", "ce-specversion": "1.0", "CE-Type": "com.example.someevent",
      "ce-time": "2018-04-05T03:56:24Z", "ce-id": "1234-1234-1234", "ce-source": "/mycontext/%E2%82%AC",
    ]
    let answer = client.send("POST", "/ingest/cloudevents", fields, Array(#"{"userId":"ce"}"#.utf8))
    #expect(answer.status == 200, "\(answer.text)")
    #expect(try event("/mycontext/€#1234-1234-1234")?.string("eventName") == "com.example.someevent")
    let bare = client.post("/ingest/cloudevents", #"{"userId":"ce"}"#)
    #expect(bare.status == 400 && bare.text.contains("specversion"), "\(bare.text)")
  }
}

@Suite struct WriteKeyTests {
  @Test func `a write key is the user of Basic authentication, on the tracking API alone`() throws {
    let running = try RunningService(try TestDatabase.fresh())
    defer { running.stop() }
    try running.waitUntilReady()
    let key = try running.addKey([.ingest])
    let reader = try running.addKey([.agent])
    try wait(for: "the keys", seconds: 5) { running.client.get("/limits").status == 401 }
    func track(_ credentials: String, path: String = "/v1/track") -> Int {
      running.client.send(
        "POST", path, ["Content-Type": "application/json", "Authorization": credentials],
        Array(#"{"userId":"u","event":"e","messageId":"1","eventName":"e","eventTimestamp":1}"#.utf8)
      ).status
    }
    func basic(_ text: String) -> String { "Basic " + Base64.encode(Array(text.utf8)) }
    #expect(track(basic("\(key):")) == 200)
    #expect(track("bASIC  " + Base64.encode(Array("\(key):any".utf8))) == 200)
    #expect(track("Bearer \(key)") == 200)
    #expect(track(basic("\(reader):")) == 403)
    for wrong in [basic(key), basic(":\(key)"), basic("\(key)x:"), basic(""), "Basic \(key)", "Basic", "Basic ===="] {
      #expect(track(wrong) == 401, "\(wrong)")
    }
    #expect(track(basic("\(key):"), path: "/ingest/events") == 401)
  }
}
