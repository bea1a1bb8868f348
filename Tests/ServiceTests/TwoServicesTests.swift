import BSON
import Dispatch
import MongoTesting
import Store
import Synchronization
import Testing

@testable import Service

/// Two services on one database: who projects changes from one to the other, people merge on both at the same time.
@Suite struct TwoServicesTests {
  private static let customers = 24
  private static let mergesOfEach = 500

  @Test func `a thousand merges of overlapping customers on two services lose no edge and no money`() throws {
    let database = try TestDatabase.fresh()
    let services = [try RunningService(database), try RunningService(database)]
    defer { for service in services { service.stop() } }
    for service in services { try service.waitUntilReady() }
    try fill(services[0])
    let before = try totals(services[0].store)

    // Each thread merges random pairs, and takes every third of its merges back.
    let kept = Mutex<[(id: String, a: Int, b: Int)]>([])
    DispatchThreads.run(count: 4) { thread in
      let client = services[thread % 2].client
      var generator = SplitMix(state: UInt64(thread + 1))
      var own: [(id: String, a: Int, b: Int)] = []
      for number in 0..<(Self.mergesOfEach / 2) {
        let (a, b) = (Int(generator.next() % UInt64(Self.customers)), Int(generator.next() % UInt64(Self.customers)))
        let body = "{\"customerIds\":[\"\(Self.id(a))\",\"\(Self.id(b))\"],\"actor\":\"t\(thread)\",\"reason\":\"r\"}"
        let answer = client.post("/identity/merges", body)
        // One already is what the other asked for; both are answers.
        guard answer.status == 201 else {
          #expect(answer.code == "already_merged", "\(answer.text)")
          continue
        }
        own.append((answer.json.string("id") ?? "", a, b))
        if number % 3 == 2 || own.count > 4 {
          let undone = client.post("/identity/merges/\(own.removeFirst().id)/undo", #"{"reason":"r"}"#)
          #expect(undone.status == 200, "\(undone.text)")
        }
      }
      kept.withLock { $0 += own }
    }

    let merges = kept.withLock { $0 }
    let store = services[1].store
    // No edge is lost: what was not taken back is listed and holds, and nothing else.
    let listed = try store.decisions.list(.merge, after: nil, limit: 5_000, deadline: .ofTest)
    #expect(Set(listed.filter { $0.undone == nil }.map(\.id)) == Set(merges.map(\.id)))
    let expected = Self.groups(listed.filter { $0.undone == nil })
    try wait(for: "one view of who is who", seconds: 60) {
      var found: [[String]: Int] = [:]
      try store.projections.forEachCustomer(deadline: .ofTest) { customer in
        let users = (customer.array("subjects") ?? BSONArray()).compactMap(\.stringValue).filter {
          $0.hasPrefix("user:")
        }
        if !users.isEmpty { found[users.sorted(), default: 0] += 1 }
      }
      return Set(found.keys) == expected && found.values.allSatisfy { $0 == 1 }
    }
    #expect(try totals(store) == before)
    // Both answer alike under every id, and each id leads somewhere.
    for number in 0..<Self.customers {
      let answers = services.map { $0.client.get("/customers/\(Self.id(number))") }
      #expect(answers[0].status == 200 && answers[0].body == answers[1].body)
    }
  }

  private static func id(_ number: Int) -> String { IdentifierAssignment.customerId(anchoredAt: "user:T\(number)") }

  private func fill(_ service: RunningService) throws {
    let orders = (0..<Self.customers).map {
      #"{"orderId":"O\#($0)","userId":"T\#($0)","orderDate":"2024-05-01T10:00:00Z","orderTotal":\#($0).25,"currency":"EUR"}"#
    }
    let answer = service.client.post("/ingest/orders", "[\(orders.joined(separator: ","))]")
    guard answer.status == 200, answer.json.int("rejected") == 0 else { throw NeverHappened(what: answer.text) }
    try wait(for: "the customers") {
      (0..<Self.customers).allSatisfy { service.client.get("/customers/\(Self.id($0))").status == 200 }
    }
  }

  /// Customers' purchases and money, in hundredths.
  private func totals(_ store: Store) throws -> [Int] {
    var sums = [0, 0]
    try store.projections.forEachCustomer(deadline: .ofTest) { customer in
      sums[0] += customer.document("orders")?.int("purchases") ?? 0
      sums[1] += Int(((customer.document("orders")?.double("netTotal") ?? 0) * 100).rounded())
    }
    return sums
  }

  /// The users that hang together by merges.
  private static func groups(_ merges: [IdentityDecision]) -> Set<[String]> {
    var group = Array(0..<customers)
    for pair in merges.flatMap(\.pairs) {
      guard let a = Int(pair.a.value.dropFirst()), let b = Int(pair.b.value.dropFirst()) else { continue }
      let (from, to) = (group[a], group[b])
      for index in group.indices where group[index] == from { group[index] = to }
    }
    return Set(
      Dictionary(grouping: 0..<customers) { group[$0] }.values.map { $0.map { "user:T\($0)" }.sorted() })
  }
}

/// Runs blocking work on threads of its own.
private enum DispatchThreads {
  static func run(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for thread in 0..<count {
      DispatchQueue(label: "merges.\(thread)").async(group: group) { body(thread) }
    }
    group.wait()
  }
}

private struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
