import BSON
import MongoDB
import MongoTesting
import Testing

@testable import Store

@Suite struct TimelineReadsTests {
  private let store: Store
  private let subjects = ["email:a@b.cd", "user:U1", "user:U2"]

  init() throws {
    store = Store(try TestDatabase.fresh())
    try store.prepare(deadline: .ofTest)
  }

  private func event(_ id: String, at time: Int64, subject: String, row: String? = nil) -> BSONDocument {
    BSONDocument {
      $0.append("_id", row ?? id)
      $0.append("eventId", id)
      $0.append("day", 19_700_101)
      $0.append("subject", subject)
      $0.append("eventTimestamp", BSONDate(millisecondsSince1970: time))
    }
  }

  private func ids(_ bound: TimelineBound?, limit: Int = 100) throws -> [String] {
    var ids: [String] = []
    try store.events.forEachRow(ofSubjects: subjects, within: bound, limit: limit, deadline: .ofTest) { row in
      ids.append(row.string("_id") ?? "")
      return true
    }
    return ids
  }

  private func bound(_ time: Int64, _ ties: TimelineBound.Ties) -> TimelineBound {
    TimelineBound(time: BSONDate(millisecondsSince1970: time), ties: ties)
  }

  @Test func `rows of several subjects come newest first, rows of one event together`() throws {
    _ = try store.events.insert(
      [
        event("a", at: 1, subject: "user:U1"), event("c", at: 2, subject: "user:U1", row: "c1"),
        event("b", at: 2, subject: "email:a@b.cd"), event("c", at: 2, subject: "user:U2", row: "c2"),
        event("d", at: 3, subject: "user:U2"), event("x", at: 9, subject: "user:U3"),
      ], deadline: .ofTest)
    let all = try ids(nil)
    #expect(all.first == "d" && Set(all[1...2]) == ["c1", "c2"] && Array(all[3...]) == ["b", "a"])
    #expect(try ids(bound(2, .below("c"))) == ["b", "a"])
    #expect(try ids(bound(2, .none)) == ["a"])
    #expect(try ids(bound(2, .all)).count == 4)
    #expect(try ids(nil, limit: 2).count == 2)
    #expect(try store.events.isEmptyWalk(ofSubjects: [], deadline: .ofTest))
  }

  @Test func `orders come newest first, without those that were deleted`() throws {
    let items = (1...4).map { number in
      VersionedItem(
        id: "o\(number)",
        content: BSONDocument {
          $0.append("subject", subjects[number % 3])
          $0.append("orderDate", BSONDate(millisecondsSince1970: Int64(number / 2)))
        }, updatedAt: nil)
    }
    _ = try store.orders.upsert(items, deadline: .ofTest)
    func ids(_ bound: TimelineBound?, _ limit: Int) throws -> [String?] {
      try store.orders.orders(ofSubjects: subjects, within: bound, limit: limit, deadline: .ofTest).map {
        $0.string("_id")
      }
    }
    #expect(try ids(nil, 10) == ["o4", "o3", "o2", "o1"])
    #expect(try ids(nil, 2) == ["o4", "o3"])
    #expect(try ids(bound(1, .below("o3")), 10) == ["o2", "o1"])
    #expect(try store.orders.delete(id: "o3", deadline: .ofTest))
    #expect(try ids(nil, 10) == ["o4", "o2", "o1"])
  }

  @Test func `the server merges walks of the index and sorts nothing`() throws {
    _ = try store.events.insert(
      (0..<50).map { event("e\($0)", at: Int64($0), subject: subjects[$0 % 3]) }, deadline: .ofTest)
    let find = BSONDocument { find in
      find.append("find", "events")
      find.append("filter") { filter in
        filter.append("subject", document: { $0.append("$in", subjects) })
        bound(20, .below("e7")).append(to: &filter, time: "eventTimestamp", id: "eventId")
      }
      find.append("sort") { sort in
        sort.append("eventTimestamp", Int32(-1))
        sort.append("eventId", Int32(-1))
      }
      find.append("hint", EventCollection.subjectOrder)
      find.append("limit", 5)
    }
    let plan = try store.database.run(BSONDocument { $0.append("explain", find) }, deadline: .ofTest)
    var stages: [String] = []
    func walk(_ document: BSONDocument) {
      for element in document {
        if element.keyEquals("stage"), let stage = element.value.stringValue { stages.append(stage) }
        if let inner = element.value.documentValue { walk(inner) }
        for value in element.value.arrayValue ?? BSONArray() { if let inner = value.documentValue { walk(inner) } }
      }
    }
    walk(plan)
    #expect(stages.contains("SORT_MERGE") && !stages.contains("SORT") && !stages.contains("COLLSCAN"), "\(stages)")
  }
}

extension EventCollection {
  /// Whether a walk over no subjects asks nothing.
  fileprivate func isEmptyWalk(ofSubjects subjects: [String], deadline: Deadline) throws -> Bool {
    var isEmpty = true
    try forEachRow(ofSubjects: subjects, limit: 1, deadline: deadline) { _ in
      isEmpty = false
      return false
    }
    return isEmpty
  }
}
