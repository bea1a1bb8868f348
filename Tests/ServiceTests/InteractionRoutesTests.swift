import BSON
import MongoTesting
import Store
import Testing

@testable import Service

@Suite struct InteractionRoutesTests {
  let client: TestClient
  init() throws { client = try Shop.client }

  private func mail(from: String, id: String, _ text: String, at: String = "Wed, 1 May 2024 10:00:00 +0000") -> String {
    "From: \(from)\r\nTo: care@shop.example\r\nSubject: =?utf-8?q?Caf=C3=A9?=\r\nDate: \(at)\r\nMessage-ID: <\(id)>\r\n"
      + "\r\n\(text)\r\n\r\nOn 5 Mar 2024, at 09:14, Shop <care@shop.example> wrote:\r\n> Sorry.\r\n"
  }

  private func customerId(of email: String) -> String? {
    client.get("/customers/lookup?email=\(email)").items.first?.string("customerId")
  }

  @Test func `what customers say in chats and calls is scored, and makes a trend`() throws {
    let texts = ["It is broken again, I hate it.", "Very disappointed.", "Great, I love it!", "Perfect, thank you."]
    let chats = texts.enumerated().map { day, text in
      #"{"interactionId":"mood\#(day)","channel":"chat","at":"2024-06-0\#(day + 1)T10:00:00Z","userId":"U-mood","#
        + #""text":"\#(text)"}"#
    }
    let ours =
      #"{"interactionId":"mood-ours","channel":"chat","direction":"outbound","at":"2024-06-09T10:00:00Z","#
      + #""userId":"U-mood","text":"We are terribly sorry."}"#
    let automatic =
      #"{"interactionId":"mood-auto","channel":"sms","at":"2024-06-08T10:00:00Z","userId":"U-mood","#
      + #""text":"I hate robots.","attributes":{"automatic":true}}"#
    let silent = #"{"interactionId":"mood-call","channel":"call","at":"2024-06-07T10:00:00Z","userId":"U-mood"}"#
    let body = "[\((chats + [ours, automatic, silent]).joined(separator: ","))]"
    _ = client.post(
      "/ingest/customers", #"{"source":"crm","sourceId":"mood","userId":"U-mood","email":"mood@example.org"}"#)
    #expect(client.post("/ingest/interactions", body).json.int("accepted") == 7)
    #expect(client.post("/ingest/interactions", body).json.int("duplicates") == 7)
    try wait(for: "all in the document") {
      guard let id = customerId(of: "mood@example.org") else { return false }
      return client.get("/customers/\(id)").json.document("contacts")?.int("count") == 7
    }
    let id = try #require(customerId(of: "mood@example.org"))
    let contacts = try #require(client.get("/customers/\(id)").json.document("contacts"))
    #expect(try #require(contacts.double("scoreTrend")) > 0.5, "\(contacts)")
    let items = client.get("/customers/\(id)/interactions").items
    #expect(
      items.map { $0.document("sentiment") == nil } == [true, true, true, false, false, false, false], "\(items)")
    let scores = items.suffix(4).compactMap { $0.document("sentiment")?.double("score") }
    #expect(scores.map { $0 > 0 } == [true, true, false, false], "\(scores)")
    #expect(items.last?.document("sentiment")?.array("sentences")?.count == 1)
    // Somebody who knows better is believed.
    let better = chats[0].dropLast() + #","sentiment":{"score":0.25}}"#
    #expect(client.post("/ingest/interactions", "[\(better)]").json.int("accepted") == 1)
    let last = client.get("/customers/\(id)/interactions").items.last
    #expect(last?.document("sentiment")?.double("score") == 0.25)
    let faults = try SchemaCheck().faults(
      of: client.get("/customers/\(id)/interactions"), "GET", "/customers/{id}/interactions")
    #expect(faults == [])
  }

  @Test func `an e-mail is found with its customer, in its own list, in the timeline and in sums`() throws {
    _ = client.post(
      "/ingest/customers",
      #"{"source":"crm","sourceId":"mail-1","userId":"U-mail","email":"Mia@Example.org","firstName":"Mia"}"#)
    let raw = mail(from: "Mia Moe <MIA@example.org>", id: "m1@example.org", "It came today. I love it.")
    let first = client.post("/ingest/emails", raw, type: "message/rfc822")
    #expect(first.status == 200 && first.json.int("accepted") == 1, "\(first.text)")
    let second = client.post("/ingest/emails", raw, type: "message/rfc822").json
    #expect(second.int("accepted") == 0 && second.int("duplicates") == 1)
    let call =
      #"[{"interactionId":"c1","channel":"call","at":"2024-05-02T10:00:00Z","userId":"U-mail","text":"Asked for it.","#
      + #""sentiment":{"score":-0.5,"magnitude":1.5,"sentences":[{"text":"Asked for it.","score":-0.5}]}}]"#
    #expect(client.post("/ingest/interactions", call).json.int("accepted") == 1)
    try wait(for: "both interactions in the document") {
      guard let id = customerId(of: "mia@example.org") else { return false }
      return client.get("/customers/\(id)").json.document("contacts")?.int("count") == 2
    }
    let id = try #require(customerId(of: "mia@example.org"))
    let customer = client.get("/customers/\(id)?expand=interactions").json
    let contacts = try #require(customer.document("contacts"))
    #expect(contacts.string("lastContactAt") == "2024-05-02T10:00:00.000Z")
    #expect(contacts.string("lastChannel") == "call")
    #expect(contacts.double("lastScore") == -0.5 && contacts.double("meanScore") != nil)
    // One glad mail, then a call of blame: the mood falls.
    #expect(try #require(contacts.double("scoreTrend")) < -0.5)
    #expect(customer.document("interactions")?.array("items")?.count == 2)
    let list = client.get("/customers/\(id)/interactions?limit=1")
    #expect(list.items.first?.string("interactionId") == "c1")
    let next = client.get("/customers/\(id)/interactions?limit=1&cursor=\(try #require(list.nextCursor))")
    let shown = try #require(next.items.first)
    #expect(shown.string("interactionId") == "email:<m1@example.org>")
    #expect(shown.string("subject") == "Café")
    #expect(shown.string("text") == "It came today. I love it.")
    #expect(shown.string("from") == "MIA@example.org")
    #expect(shown.document("attributes")?.string("fromName") == "Mia Moe")
    #expect(shown.document("sentiment")?.array("sentences")?.count == 2)
    for hidden in ["_id", "day", "topic", "version", "contentHash"] { #expect(!shown.contains(hidden)) }
    #expect(next.nextCursor == nil)
    let timeline = client.get("/customers/\(id)/timeline").items
    #expect(timeline.map { $0.string("type") } == ["interaction", "interaction"])
    #expect(timeline.last?.document("interaction")?.string("subject") == "Café")
    let check = try SchemaCheck()
    #expect(check.faults(of: next, "GET", "/customers/{id}/interactions") == [])
    #expect(check.faults(of: client.get("/customers/\(id)/timeline"), "GET", "/customers/{id}/timeline") == [])
    #expect(check.faults(of: client.get("/customers/\(id)?expand=interactions"), "GET", "/customers/{id}") == [])
    #expect(check.faults(of: first, "POST", "/ingest/emails") == [])
  }

  private func parked(from address: String) -> Answer { client.get("/interactions/parked?from=\(address)") }

  @Test func `mail of an unknown sender waits, and joins the customer when the address appears`() throws {
    let raw = mail(from: "New <New@Example.org>", id: "n1@example.org", "Do you ship to Oslo?")
    #expect(client.post("/ingest/emails", raw, type: "message/rfc822").json.int("accepted") == 1)
    try wait(for: "the message to be parked") { parked(from: "new@example.org").items.count == 1 }
    #expect(client.post("/ingest/emails", raw, type: "message/rfc822").json.int("duplicates") == 1)
    let list = parked(from: "NEW@example.org")
    let item = try #require(list.items.first)
    #expect(item.string("interactionId") == "email:<n1@example.org>" && item.string("text") == "Do you ship to Oslo?")
    #expect(item.string("parkedAt") != nil && item.string("expiresAt") != nil)
    #expect(try SchemaCheck().faults(of: list, "GET", "/interactions/parked") == [])
    #expect(customerId(of: "new@example.org") == nil)
    #expect((client.get("/sources").json.int("parkedInteractions") ?? 0) >= 1)
    _ = client.post(
      "/ingest/customers", #"{"source":"crm","sourceId":"mail-2","userId":"U-new","email":"new@example.org"}"#)
    try wait(for: "the join") {
      guard let id = customerId(of: "new@example.org") else { return false }
      let customer = client.get("/customers/\(id)").json
      return customer.array("records")?.count == 1 && customer.document("contacts")?.int("count") == 1
    }
    #expect(parked(from: "new@example.org").items.isEmpty)
    #expect(client.post("/ingest/emails", raw, type: "message/rfc822").json.int("duplicates") == 1)
    let id = try #require(customerId(of: "new@example.org"))
    #expect(client.get("/customers/\(id)/interactions").items.count == 1)
  }

  @Test func `mail that waits is listed page by page and forgotten by its sender's address`() throws {
    for number in 1...5 {
      let raw = mail(from: "gone@example.org", id: "g\(number)@example.org", "Number \(number).")
      #expect(client.post("/ingest/emails", raw, type: "message/rfc822").json.int("accepted") == 1)
    }
    try wait(for: "all to be parked") { parked(from: "gone@example.org").items.count == 5 }
    var seen: [String] = []
    var path = "/interactions/parked?from=gone@example.org&limit=2"
    while true {
      let page = client.get(path)
      #expect(page.status == 200 && page.items.count <= 2)
      seen += page.items.compactMap { $0.string("interactionId") }
      guard let cursor = page.nextCursor else { break }
      path = "/interactions/parked?from=gone@example.org&limit=2&cursor=\(cursor)"
    }
    #expect(seen.sorted() == (1...5).map { "email:<g\($0)@example.org>" })
    let check = try SchemaCheck()
    let answer = client.send("DELETE", "/interactions/parked?from=Gone@example.org")
    #expect(answer.status == 200 && answer.json.int("removed") == 5, "\(answer.text)")
    #expect(check.faults(of: answer, "DELETE", "/interactions/parked") == [])
    #expect(parked(from: "gone@example.org").items.isEmpty)
    let again = client.send("DELETE", "/interactions/parked?from=gone@example.org")
    #expect(again.json.int("removed") == 0)
    // Who is named later has none of it.
    _ = client.post("/ingest/customers", #"{"source":"crm","sourceId":"mail-3","email":"gone@example.org"}"#)
    try wait(for: "the customer") { customerId(of: "gone@example.org") != nil }
    let id = try #require(customerId(of: "gone@example.org"))
    #expect(client.get("/customers/\(id)/interactions").items.isEmpty)
  }

  @Test func `parked mail is asked for rightly`() throws {
    let check = try SchemaCheck()
    for (method, path) in [
      ("GET", "/interactions/parked?from=nobody"), ("GET", "/interactions/parked?cursor=x"),
      ("GET", "/interactions/parked?limit=501"), ("GET", "/interactions/parked?sender=a@b.c"),
      ("DELETE", "/interactions/parked"), ("DELETE", "/interactions/parked?from=nobody"),
    ] {
      let answer = client.send(method, path)
      #expect(answer.status == 400, "\(method) \(path) \(answer.text)")
      #expect(check.faults(of: answer, method, "/interactions/parked") == [])
    }
  }

  @Test(arguments: ["", "Date: Fri, 1 Jan 2999 10:00:00 +0000\r\n"])
  func `a message without a time of its own is the same however often it arrives`(date: String) throws {
    let id = "undated\(date.utf8.count)@example.org"
    let raw = "From: undated@example.org\r\n\(date)Message-ID: <\(id)>\r\n\r\nWhen was this?\r\n"
    #expect(client.post("/ingest/emails", raw, type: "message/rfc822").json.int("accepted") == 1)
    // Each at a time of its own.
    for _ in 0..<5 {
      let again = client.post("/ingest/emails", raw, type: "message/rfc822")
      #expect(again.json.int("duplicates") == 1, "\(again.text)")
    }
  }

  @Test func `a mailbox is taken message by message`() {
    let box =
      "From a@b.example Wed May  1 10:00:00 2024\r\n" + mail(from: "box@example.org", id: "b1@e.org", "One.")
      + "\r\nFrom a@b.example Wed May  1 10:01:00 2024\r\nnothing that is a header\r\n\r\nFrom a@b.example Wed May  1 10:02:00 2024\r\n"
      + mail(from: "box@example.org", id: "b2@e.org", "Two.")
    let answer = client.post("/ingest/emails", box, type: "application/mbox")
    #expect(answer.json.int("received") == 3 && answer.json.int("accepted") == 2, "\(answer.text)")
    let error = answer.json.array("errors")?.compactMap(\.documentValue).first
    #expect(error?.int("index") == 1 && error?.string("code") == "not_a_message")
  }

  @Test func `a mailbox has as many messages as a batch has items`() {
    let message = "From a@b.example Wed May  1 10:00:00 2024\n\n"
    let answer = client.post("/ingest/emails", String(repeating: message, count: 10_001), type: "application/mbox")
    #expect(answer.status == 413 && answer.json.string("code") == "too_many_items", "\(answer.text)")
  }

  @Test func `a message whose addresses nest is refused, and the service goes on`() {
    let answer = client.post(
      "/ingest/emails", "To: " + String(repeating: "g:", count: 100_000) + "\r\n\r\nHello.", type: "message/rfc822")
    let error = answer.json.array("errors")?.compactMap(\.documentValue).first
    #expect(answer.status == 200 && error?.string("code") == "message_too_large", "\(answer.text)")
  }

  @Test func `what is no message is refused`() {
    let check = try? SchemaCheck()
    for (body, type, status) in [
      ("just words", "message/rfc822", 400), ("Subject: x\n\nHello.", "application/mbox", 400),
      ("", "message/rfc822", 400),
      ("Subject: x\n\nHello.", "text/plain", 415), ("Subject: x\n\nNobody wrote it.", "message/rfc822", 200),
    ] {
      let answer = client.post("/ingest/emails", body, type: type)
      #expect(answer.status == status, "\(body) \(answer.text)")
      #expect(check?.faults(of: answer, "POST", "/ingest/emails") == [])
    }
  }

  @Test func `an interaction's faults are told by field`() {
    for (item, field, code) in [
      (#"{"channel":"call","at":1}"#, "interactionId", "required"),
      (#"{"interactionId":"x","at":1}"#, "channel", "required"),
      (#"{"interactionId":"x","channel":"fax","at":1}"#, "channel", "unknown_value"),
      (#"{"interactionId":"x","channel":"call"}"#, "at", "required"),
      (#"{"interactionId":"x","channel":"call","at":"2999-01-01"}"#, "at", "timestamp_in_future"),
      (#"{"interactionId":"x","channel":"call","at":1,"sentiment":{"score":2}}"#, "sentiment.score", "out_of_range"),
      (#"{"interactionId":"x","channel":"call","at":1,"subject":{"$gt":1}}"#, "subject", "not_a_string"),
    ] {
      let answer = client.post("/ingest/interactions", "[\(item)]")
      let error = answer.json.array("errors")?.compactMap(\.documentValue).first
      #expect(error?.string("field") == field && error?.string("code") == code, "\(item) \(answer.text)")
    }
  }

  @Test func `sources that are asked are listed with where they stand`() throws {
    let running = try Shop.running
    var source = PullSource(name: "shop-orders", type: "postgres", kind: "orders")
    source.position = BSONDocument { $0.append("watermark", "2024-05-01") }
    source.accepted = 3
    try running.store.setPullSource(source, at: WallClock.now(), deadline: .ofTest)
    let answer = client.get("/sources")
    #expect(answer.items.first?.string("name") == "shop-orders" && answer.items.first?.int("accepted") == 3)
    #expect(try SchemaCheck().faults(of: answer, "GET", "/sources") == [])
    #expect(client.get("/sources?x=1").status == 400)
  }
}
