import BSON
import MongoTesting
import Store
import Testing

@testable import Service

/// The review queue over HTTP, on a service of its own.
@Suite struct DuplicateRoutesTests {
  private let running: RunningService
  private let client: TestClient
  private let check: SchemaCheck

  private static let given = ["Ann", "Boris", "Carla", "Dmitri", "Esther", "Farid", "Greta", "Hugo", "Irma", "Jonas"]
  private static let family = ["Berg", "Castro", "Dahl", "Engel", "Fontana", "Grimm", "Hansen", "Ivanov", "Jensen"]

  /// Sixty people, each in the shop and, with a slip in the name and without an identifier in common, in the club.
  init() throws {
    running = try RunningService(try TestDatabase.fresh())
    client = running.client
    check = try SchemaCheck()
    try running.waitUntilReady()
    var records: [String] = []
    for number in 0..<60 {
      let (given, family) = (Self.given[number % 10], Self.family[number % 9])
      let person =
        #""birthDate":"19\#(50 + number % 40)-0\#(1 + number % 9)-1\#(number % 10)","#
        + #""address":{"street":"\#(number + 1) Main Street","city":"Town \#(number % 7)","postalCode":"1\#(1000 + number)"}"#
      records.append(
        #"{"source":"web","sourceId":"\#(number)","userId":"U\#(number)","firstName":"\#(given)","lastName":"\#(family)",\#(person)}"#
      )
      records.append(
        #"{"source":"club","sourceId":"\#(number)","loyaltyId":"L\#(number)","firstName":"\#(given)","lastName":"\#(family)n",\#(person)}"#
      )
    }
    let answer = client.post("/ingest/customers", "[\(records.joined(separator: ","))]")
    guard answer.status == 200, answer.json.int("rejected") == 0 else { throw NeverHappened(what: answer.text) }
    let client = self.client
    try wait(for: "the customers") {
      client.get("/customers/\(IdentifierAssignment.customerId(anchoredAt: "loyalty:L59"))").status == 200
    }
  }

  private func scan() throws {
    let started = client.post("/identity/duplicates:scan", "{}")
    #expect(started.status == 202, "\(started.text)")
    #expect(check.faults(of: started, "POST", "/identity/duplicates:scan") == [])
    let client = self.client
    try wait(for: "the scan", seconds: 60) {
      client.get("/identity/duplicates").json.document("scan")?.string("state") == "done"
    }
  }

  @Test func `a scan finds who is there twice, with evidence, and people decide`() throws {
    defer { running.stop() }
    let client = self.client
    #expect(client.get("/identity/duplicates").json.document("scan")?.string("state") == "never")
    try scan()
    let all = client.get("/identity/duplicates?limit=500")
    #expect(check.faults(of: all, "GET", "/identity/duplicates") == [], "\(all.text.prefix(500))")
    func names(_ pair: BSONDocument) -> [String] {
      pair.array("records")?.compactMap {
        $0.documentValue?.string("record")?.split(separator: "/").last.map(String.init)
      }
        ?? []
    }
    let right = all.items.filter { Set(names($0)).count == 1 }
    #expect(right.count >= 57, "of sixty people \(right.count)")
    #expect(all.items.count - right.count <= 3)
    let weights = all.items.compactMap { $0.double("weight") }
    #expect(weights == weights.sorted(by: >))
    #expect(right.allSatisfy { $0.array("evidence")?.count ?? 0 >= 3 })

    // Page by page the same pairs come, each once.
    var paged: [String] = []
    var next: String? = ""
    while let cursor = next {
      let page = client.get("/identity/duplicates?limit=7" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
      paged += page.items.compactMap { $0.string("id") }
      next = page.nextCursor
    }
    #expect(paged == all.items.compactMap { $0.string("id") })

    let (one, other) = (right[0], right[1])
    let (accepted, denied) = (one.string("id") ?? "", other.string("id") ?? "")
    func decide(_ ids: [String], _ decision: String) -> Answer {
      let list = ids.map { "\"\($0)\"" }.joined(separator: ",")
      return client.post(
        "/identity/duplicates:decide",
        "{\"ids\":[\(list)],\"decision\":\"\(decision)\",\"actor\":\"kim\",\"reason\":\"asked them\"}")
    }
    let first = decide([accepted, "p_none"], "accept")
    #expect(check.faults(of: first, "POST", "/identity/duplicates:decide") == [], "\(first.text)")
    #expect(first.items.map { $0.string("result") } == ["accepted", "not_found"])
    #expect(decide([denied], "deny").items.map { $0.string("result") } == ["denied"])
    #expect(decide([accepted], "deny").items.map { $0.string("result") } == ["already_decided"])
    let customers = one.array("records")?.compactMap { $0.documentValue?.string("customerId") } ?? []
    try wait(for: "the merge") {
      let bodies = customers.map { client.get("/customers/\($0)").body }
      return bodies[0] == bodies[1]
    }
    let ties = client.get("/customers/\(customers[0])/identities").items.filter { $0.string("type") == "record" }.map {
      $0.array("evidence")?.compactMap { $0.documentValue?.string("rule") } ?? []
    }
    #expect(ties.count == 2 && ties.allSatisfy { $0.contains("merge") }, "\(ties)")
    let left = client.get("/identity/duplicates?limit=500").items.compactMap { $0.string("id") }
    #expect(!left.contains(accepted) && !left.contains(denied) && left.count == all.items.count - 2)
    #expect(client.get("/identity/duplicates?state=denied").items.compactMap { $0.string("id") } == [denied])

    // What was denied cannot be merged, and does not come back with the next scan, until it is taken back.
    let apart = other.array("records")?.compactMap { $0.documentValue?.string("customerId") } ?? []
    let merge = "{\"customerIds\":[\(apart.map { "\"\($0)\"" }.joined(separator: ","))],\"reason\":\"r\"}"
    try wait(for: "the denial") { client.post("/identity/merges?dry_run=true", merge).code == "denied" }
    try scan()
    #expect(!client.get("/identity/duplicates?limit=500").items.contains { $0.string("id") == denied })
    let tied = client.get("/customers/\(apart[0])/identities").items.flatMap {
      $0.array("evidence")?.compactMap { $0.documentValue?.string("rule") } ?? []
    }
    #expect(!tied.contains("deny"))
    let denial = client.get("/identity/denials")
    #expect(check.faults(of: denial, "GET", "/identity/denials") == [])
    let undone = client.post("/identity/denials/\(denial.items[0].string("id") ?? "")/undo", #"{"reason":"same"}"#)
    #expect(undone.status == 200, "\(undone.text)")
    try wait(for: "the denial's end") { client.post("/identity/merges?dry_run=true", merge).status == 200 }
  }

  @Test func `what the queue cannot take is named`() {
    defer { running.stop() }
    for query in ["state=new", "min_score=1", "min_score=x", "limit=0", "cursor=x"] {
      #expect(client.get("/identity/duplicates?\(query)").status == 400, "\(query)")
    }
    for body in [
      "{}", #"{"ids":["x"],"decision":"maybe","reason":"r"}"#, #"{"ids":["x"],"decision":"accept"}"#,
      #"{"ids":[],"decision":"accept","reason":"r"}"#,
    ] {
      let answer = client.post("/identity/duplicates:decide", body)
      #expect(answer.status == 400, "\(body)")
      #expect(check.faults(of: answer, "POST", "/identity/duplicates:decide") == [])
    }
  }
}
