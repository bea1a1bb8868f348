import BSON
import Glibc
import Identity
import Logging
import MongoDB
import MongoTesting
import Store
import Testing

@testable import Projection

/// Records that are matched as they come, against the real database.
@Suite struct ScoredMatchTests {
  private static let names = [
    "Walter Brandt", "Helen Garcia", "Oscar Keller", "Jessica Novak", "Hector Lindqvist", "Sandra Moreau",
    "Daniel Petrov", "Betty Quist", "Ulrich Zabel", "Maren Thiele", "Irene Castell", "Noel Fairfax",
  ]

  /// A shop with a crowd of people, each under two sources, and a model that was trained on it.
  private func shop(_ rules: KeyValuePairs<String, BSONValue> = [:]) throws -> Shop {
    let shop = try Shop()
    if !rules.isEmpty {
      let document = BSONDocument { writer in
        writer.append("scoredMatching", document: { for (name, value) in rules { $0.append(name, value) } })
      }
      _ = try shop.store.identityRules.add(1, try IdentityRules(document).document, deadline: .ofTest)
    }
    try shop.projecting {
      for (number, name) in Self.names.enumerated() {
        let parts = name.split(separator: " ").map(String.init)
        for source in ["web", "crm"] {
          try shop.record(
            source, "\(number)",
            [
              "firstName": parts[0], "lastName": parts[1],
              "birthDate": "19\(50 + number)-0\(1 + number % 9)-1\(number % 9)",
              source == "web" ? "email" : "phone":
                source == "web" ? "\(parts[1].lowercased())@example.org" : "+121255501\(10 + number)",
            ])
        }
      }
    }
    _ = try DuplicateScan(store: shop.store).run(
      number: 1, at: BSONDate(millisecondsSince1970: 1), deadline: .ofTest)
    return shop
  }

  /// Runs a follower and the projector until a body's records are matched.
  private func matching(_ shop: Shop, records: Int, _ body: () throws -> Void) throws -> MatchStatus {
    let follower = MatchFollower(store: shop.store, log: Logger(label: "test"))
    follower.start()
    defer { follower.stop() }
    try wait { try shop.store.changeToken(of: MatchFollower.reader, deadline: .ofTest) != nil }
    try shop.projecting(body)
    try wait { follower.status.recordsMatched + follower.status.deadLetters >= records }
    return follower.status
  }

  private func wait(_ condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(30)
    while try !condition() {
      guard ContinuousClock.now < end else {
        Issue.record("it did not come to pass")
        return
      }
      // Another thread does the work.
      usleep(2000)
    }
  }

  private func newcomer(_ shop: Shop, _ id: String, at time: Int64 = 2) throws {
    try shop.record("store", id, at: time, ["firstName": "Ulrich", "lastName": "Zabel", "birthDate": "1958-09-18"])
  }

  private func open(_ shop: Shop) throws -> [DuplicateCandidate] {
    try shop.store.duplicates.list(.open, after: nil, weightMin: nil, limit: 500, deadline: .ofTest)
      .filter { $0.a.value.hasPrefix("store/") || $0.b.value.hasPrefix("store/") }
  }

  @Test func `a scan leaves a model in the registry, and a second one that expects no less takes its place`() throws {
    let shop = try shop()
    let version = try #require(try LinkageVersion.serving(in: shop.store, known: nil, deadline: .ofTest))
    #expect(version.id == "identity:1")
    _ = try DuplicateScan(store: shop.store).run(
      number: 2, at: BSONDate(millisecondsSince1970: 2), deadline: .ofTest)
    let next = try #require(try LinkageVersion.serving(in: shop.store, known: version, deadline: .ofTest))
    #expect(next.id == "identity:2")
    #expect(next.scorer.serialized() == version.scorer.serialized())
  }

  @Test func `a new record goes into the review queue with those it may be, and leaves it when it is another`() throws {
    let shop = try shop()
    let status = try matching(shop, records: 1) { try newcomer(shop, "1") }
    #expect(status.pairsQueued >= 1)
    let pairs = try open(shop)
    #expect(Set(pairs.flatMap { [$0.a.value, $0.b.value] }) == ["store/1", "web/8", "crm/8"])
    #expect(pairs.allSatisfy { $0.score >= 0.5 && !$0.evidence.isEmpty })
    #expect(try shop.customer(of: "record:store/1") != shop.customer(of: "record:web/8"))
    _ = try matching(shop, records: 1) {
      try shop.record("store", "1", at: 3, ["firstName": "Pia", "lastName": "Ostrander", "birthDate": "1999-12-31"])
    }
    #expect(try open(shop).isEmpty)
  }

  @Test func `records from before the follower get their keys and are counted as unscored`() throws {
    let shop = try shop()
    _ = try matching(shop, records: 1) { try newcomer(shop, "1") }
    let unscored = try shop.store.setting(MatchFollower.setting, deadline: .ofTest)?.int("unscoredRecords")
    #expect(unscored == 2 * Self.names.count)
  }

  @Test func `rules may merge by score; a merge that was undone is not made again`() throws {
    let shop = try shop(["automatic": .bool(true), "automaticScoreMin": .double(0.95), "reviewScoreMin": .double(0.5)])
    _ = try matching(shop, records: 1) { try newcomer(shop, "1") }
    let merges = try shop.store.decisions.list(.merge, after: nil, limit: 100, deadline: .ofTest)
    let mine = merges.filter { $0.pairs.contains { $0.a.value == "store/1" || $0.b.value == "store/1" } }
    let merge = try #require(mine.first)
    #expect(merge.made.actor == ScoredMatch.actor)
    #expect(merge.made.reason.contains("identity:1"))
    try shop.projecting {}
    #expect(try shop.customer(of: "record:store/1") == shop.customer(of: "record:web/8"))
    let act = IdentityDecision.Act(actor: "ann", reason: "no", at: BSONDate(millisecondsSince1970: 9))
    for decision in mine { _ = try shop.store.decisions.undo(decision.id, .merge, by: act, deadline: .ofTest) }
    _ = try matching(shop, records: 1) {
      try shop.record(
        "store", "1", at: 5, ["firstName": "Ulrich", "lastName": "Zabel", "birthDate": "1958-09-18", "userId": "U77"])
    }
    try shop.projecting {}
    #expect(try shop.customer(of: "record:store/1") != shop.customer(of: "record:web/8"))
  }

  @Test func `no score merges what a person has denied`() throws {
    let shop = try shop(["automatic": .bool(true), "automaticScoreMin": .double(0.95)])
    let pairs = try ["web", "crm"].map { source in
      IdentityDecision.Pair(
        try #require(Identifier(key: "record:store/1")), try #require(Identifier(key: "record:\(source)/8")))
    }
    let act = IdentityDecision.Act(actor: "ann", reason: "twins", at: BSONDate(millisecondsSince1970: 1))
    try shop.projecting {
      try shop.store.decisions.add(
        IdentityDecision(id: "d1", kind: .deny, pairs: pairs, customerIds: [], made: act), deadline: .ofTest)
    }
    let status = try matching(shop, records: 1) { try newcomer(shop, "1") }
    #expect(status.merges == 0)
    #expect(try shop.store.decisions.list(.merge, after: nil, limit: 100, deadline: .ofTest).isEmpty)
  }

  @Test func `without a rule that says so nothing is merged, however sure`() throws {
    let shop = try shop()
    let status = try matching(shop, records: 1) { try newcomer(shop, "1") }
    #expect(status.merges == 0)
    #expect(try shop.store.decisions.list(.merge, after: nil, limit: 1, deadline: .ofTest).isEmpty)
  }
}
