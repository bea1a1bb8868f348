import BSON
import MongoTesting
import Store
import Testing

@testable import Service

@Suite struct DeadLetterTests {
  let running: RunningService
  var client: TestClient { running.client }
  private let check: SchemaCheck

  init() throws {
    running = try RunningService(try TestDatabase.fresh())
    try running.waitUntilReady()
    check = try SchemaCheck()
  }

  private func push(_ id: String, _ data: String) -> Answer {
    let encoded = Base64.encode(Array(data.utf8))
    return client.post(
      "/ingest/pubsub",
      #"{"message":{"data":"\#(encoded)","messageId":"\#(id)","publishTime":"2024-02-26T19:13:55.749Z","attributes":{"shop":"web"}},"subscription":"projects/p/subscriptions/s"}"#
    )
  }

  @Test func `a pushed message is stored once, however often it is delivered`() throws {
    defer { running.stop() }
    let first = push("m1", #"{"eventName":"page","userId":"U1"}"#)
    #expect(first.status == 200 && first.json.int("accepted") == 1, "\(first.text)")
    #expect(push("m1", #"{"eventName":"page","userId":"U1"}"#).json.int("duplicates") == 1)
    let unwrapped = client.send(
      "POST", "/ingest/pubsub",
      [
        "Content-Type": "application/x-www-form-urlencoded", "x-goog-pubsub-message-id": "m2",
        "x-goog-pubsub-publish-time": "2024-02-26T19:13:55.749Z",
      ], Array(#"{"eventName":"page","userId":"U1"}"#.utf8))
    #expect(unwrapped.status == 200 && unwrapped.json.int("accepted") == 1, "\(unwrapped.text)")
    #expect(client.post("/ingest/pubsub", "{}").status == 400, "no envelope: nothing that Pub/Sub sent")
  }

  @Test func `a hopeless message is acknowledged, kept, edited and replayed`() throws {
    defer { running.stop() }
    for attempt in 1...2 {
      let answer = push("bad", #"{"eventName":"page","userId":"U1","price":"free"}"#)
      #expect(answer.status == 200 && answer.json.int("rejected") == 1, "\(answer.text)")
      let list = client.get("/dead-letters")
      #expect(check.faults(of: list, "GET", "/dead-letters") == [])
      #expect(list.items.count == 1)
      #expect(list.items.first?.int("attempts") == attempt)
    }
    let letter = try #require(client.get("/dead-letters?origin=pubsub").items.first)
    #expect(letter.string("itemId") == "bad" && letter.string("code") == "not_a_number")
    #expect(letter.string("field") == "price" && letter.document("item")?.string("price") == "free")
    #expect(client.get("/dead-letters?origin=projection").items.isEmpty)
    let path = "/dead-letters/" + (letter.string("id") ?? "")
    #expect(check.faults(of: client.get(path), "GET", "/dead-letters/{id}") == [])

    let again = client.post(path + "/replay", "")
    #expect(again.status == 422 && again.code == "replay_failed", "\(again.text)")
    #expect(client.get(path).json.int("attempts") == 3)
    let bulk = client.post("/dead-letters:replay", "{}")
    #expect(bulk.json.int("failed") == 1 && bulk.json.int("replayed") == 0, "\(bulk.text)")
    #expect(check.faults(of: bulk, "POST", "/dead-letters:replay") == [])
    let edited = client.post(
      path + "/replay", #"{"eventName":"page","userId":"U1","price":0,"eventTimestamp":"2024-02-26T19:13:55Z"}"#)
    #expect(edited.status == 200 && edited.json.int("accepted") == 1, "\(edited.text)")
    #expect(client.get(path).status == 404)
    #expect(client.post(path + "/replay", "").status == 404)
    let stored = try running.store.database.collection("events").findOne(
      BSONDocument { $0.append("_id", "bad") }, deadline: .ofTest)
    #expect(stored?.double("price") == 0, "under the message's own id")
  }

  @Test func `letters are listed in pages and deleted`() throws {
    defer { running.stop() }
    for number in 0..<5 { #expect(push("x\(number)", "no json").status == 200) }
    var seen: [String] = []
    var path = "/dead-letters?limit=2"
    while true {
      let page = client.get(path)
      #expect(page.items.count <= 2)
      #expect(page.items.allSatisfy { $0.string("item") == "no json" })
      seen += page.items.compactMap { $0.string("id") }
      guard let cursor = page.nextCursor else { break }
      path = "/dead-letters?limit=2&cursor=\(cursor)"
    }
    #expect(Set(seen).count == 5 && seen.count == 5)
    let part = client.post("/dead-letters:replay", #"{"limit":2,"origin":"pubsub"}"#)
    #expect(part.json.int("failed") == 2)
    let rest = client.post(
      "/dead-letters:replay", #"{"origin":"pubsub","cursor":"\#(part.json.string("nextCursor") ?? "")"}"#)
    #expect(rest.json.int("failed") == 3 && rest.json["nextCursor"] == .null, "\(rest.text)")
    for id in seen { #expect(client.send("DELETE", "/dead-letters/\(id)").status == 204) }
    #expect(client.get("/dead-letters").items.isEmpty)
    #expect(client.send("DELETE", "/dead-letters/\(seen[0])").status == 404)
    for body in [#"{"origin":"x"}"#, #"{"limit":0}"#, #"{"cursor":"x"}"#, #"{"ids":[]}"#, "["] {
      #expect(client.post("/dead-letters:replay", body).status == 400, "\(body)")
    }
  }

  @Test func `a poison record is put aside, and the projector goes on`() throws {
    defer { running.stop() }
    // Three records of one person, each storable, that make a customer document beyond what MongoDB takes.
    let filler = String(repeating: "x", count: 6 * 1024 * 1024)
    for number in 1...3 {
      let body = #"[{"source":"s","sourceId":"\#(number)","userId":"giant","attributes":{"a\#(number)":"\#(filler)"}}]"#
      let answer = client.post("/ingest/customers", body)
      #expect(answer.json.int("accepted") == 1, "\(answer.text)")
    }
    #expect(
      client.post("/ingest/events", #"[{"eventId":"e","eventName":"a","eventTimestamp":1700000000,"userId":"other"}]"#)
        .json.int("accepted") == 1)
    let other = IdentifierAssignment.customerId(anchoredAt: "user:other")
    try wait(for: "the customer after the poison") { client.get("/customers/\(other)").status == 200 }
    try wait(for: "the letter") { !client.get("/dead-letters?origin=projection").items.isEmpty }
    let letter = try #require(client.get("/dead-letters?origin=projection").items.first)
    #expect(letter.string("kind") == "record" && letter.string("code") == "document_too_large", "\(letter)")
    let path = "/dead-letters/" + (letter.string("id") ?? "")
    #expect(client.post(path + "/replay", "{}").code == "not_editable")

    // Mended at its source, it is replayed.
    for number in 1...3 {
      let body = #"[{"source":"s","sourceId":"\#(number)","userId":"giant","attributes":{"a\#(number)":"small"}}]"#
      #expect(client.post("/ingest/customers", body).json.int("accepted") == 1)
    }
    let replayed = client.post("/dead-letters:replay", #"{"origin":"projection"}"#)
    #expect(replayed.json.int("failed") == 0, "\(replayed.text)")
    let giant = IdentifierAssignment.customerId(anchoredAt: "user:giant")
    try wait(for: "the mended customer") {
      client.get("/customers/\(giant)").json.document("attributes")?.string("a3") == "small"
    }
    try wait(for: "no letter") { client.get("/dead-letters").items.isEmpty }
    #expect(client.get("/metrics").text.contains("customer360_projection_failures_total 0\n"))
  }
}
