import BSON
import Dispatch
import Glibc
import Locks
import MongoDB
import MongoTesting
import Testing

/// Three nodes, and what happens when one of them is not what it was.
@Suite(.serialized) struct ReplicaSetTests {
  static let nodes = Result { () throws(MongoError) in try TestReplicaSet() }

  let nodes: TestReplicaSet
  let database: MongoDatabase
  let things: MongoCollection

  init() throws {
    nodes = try Self.nodes.get()
    try nodes.waitUntilHealthy()
    database = try nodes.database()
    things = database.collection("things")
    try database.ping(deadline: .ofTest)
  }

  func document(_ id: Int) -> BSONDocument { BSONDocument { $0.append("_id", id) } }

  /// Inserts one by one from several threads while `fault` happens; the ids that were acknowledged.
  func acknowledged(threads: Int = 4, each: Int = 40, within limit: Deadline? = nil, during fault: @Sendable () -> Void)
    -> (
      ids: Set<Int>, failures: Int
    )
  {
    let outcome = Guarded((ids: Set<Int>(), failures: 0))
    DispatchQueue.concurrentPerform(iterations: threads + 1) { thread in
      if thread == threads { return fault() }
      for number in 0..<each {
        let id = thread * 1_000_000 + number
        do {
          let result = try things.insert([document(id)], deadline: limit ?? .after(milliseconds: 8000))
          if result.insertedCount + result.duplicateIndexes.count == 1 { outcome.withLock { _ = $0.ids.insert(id) } }
        } catch {
          outcome.withLock { $0.failures += 1 }
        }
      }
    }
    return outcome.withLock { $0 }
  }

  func stored() throws -> Set<Int> {
    let options = FindOptions(majority: true)
    return Set(try things.find(BSONDocument(), options, deadline: .ofTest).compactMap { $0.int("_id") })
  }

  @Test func `a step-down costs no call and no document`() throws {
    let primary = try nodes.primary(by: .ofTest)
    let (ids, failures) = acknowledged {
      nodes.run(
        BSONDocument {
          $0.append("replSetStepDown", 3)
          $0.append("force", true)
        }, on: primary)
    }
    #expect(failures == 0 && ids.count == 160)
    #expect(try stored() == ids)
  }

  @Test func `a killed primary costs no call and no document`() throws {
    let primary = try nodes.primary(by: .ofTest)
    let (ids, failures) = acknowledged { nodes.signal(SIGKILL, to: primary) }
    #expect(failures == 0 && ids.count == 160)
    #expect(try stored() == ids)
  }

  @Test func `a frozen primary holds no call beyond its deadline, and no document is lost`() throws {
    let primary = try nodes.primary(by: .ofTest)
    nodes.signal(SIGSTOP, to: primary)
    let time = ContinuousClock().measure {
      _ = try? things.insert([document(-1)], deadline: .after(milliseconds: 1500))
    }
    #expect(time < .milliseconds(2500))
    // The others may go on asking the frozen node for its oplog for several seconds: they confirm nothing until then.
    let (ids, _) = acknowledged(threads: 2, each: 5, within: .ofTest) {}
    nodes.signal(SIGCONT, to: primary)
    #expect(ids.count == 10)
    #expect(try stored().isSuperset(of: ids))
  }

  @Test func `without a majority nothing is acknowledged`() throws {
    let primary = try nodes.primary(by: .ofTest)
    nodes.signalSecondaries(SIGSTOP, primary: primary)
    #expect(throws: MongoError.self) { try things.insert([document(1)], deadline: .after(milliseconds: 600)) }
    #expect(throws: MongoError.self) { try things.insert([document(1)], deadline: .after(milliseconds: 600)) }
    nodes.signalSecondaries(SIGCONT, primary: primary)
    let result = try things.insert([document(1)], deadline: .ofTest)
    #expect(result.insertedCount + result.duplicateIndexes.count == 1)
    #expect(try stored() == [1])
  }

  /// The id of the next event, or nothing when there was none or the primary is gone just now.
  func nextID(of stream: ChangeStream) throws -> [Int] {
    do throws(MongoError) {
      let event = try stream.next(maxAwaitMilliseconds: 500)
      return event.map { [$0.document("documentKey")?.int("_id") ?? -1] } ?? []
    } catch {
      #expect(error.isRetryable)
      return []
    }
  }

  /// Reads on until so many ids have been seen.
  func read(_ stream: ChangeStream, _ seen: inout [Int], until count: Int) throws {
    let deadline = Deadline.ofTest
    while seen.count < count && !deadline.hasPassed { seen += try nextID(of: stream) }
  }

  @Test func `a change stream follows the primary`() throws {
    let stream = try database.watch(collections: ["things"])
    var seen: [Int] = []
    for first in [0, 10, 20] {
      let primary = try nodes.primary(by: .ofTest)
      _ = try things.insert((first..<first + 10).map(document), deadline: .ofTest)
      if first < 20 { nodes.signal(SIGKILL, to: primary) }
      try read(stream, &seen, until: first + 5)
    }
    try read(stream, &seen, until: 30)
    #expect(seen == Array(0..<30))
  }
}
