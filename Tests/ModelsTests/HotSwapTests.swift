import BSON
import Dispatch
import Locks
import Models
import MongoTesting
import Store
import Synchronization
import Testing

@Suite("Hot swap")
struct HotSwapTests {
  @Test func `no prediction fails while versions come and go`() throws {
    let world = try World()
    try world.populateSegments(100)
    let service = world.service()
    defer { service.stop() }
    try service.trained("kmeans", fourClusters)
    let isDone = Atomic(false)
    let counts = Guarded((answers: 0, failures: [String](), versions: Set<String>()))
    let readers = DispatchGroup()
    let question = instances([instance { $0.append("session_count", 12) }])
    for _ in 0..<2 {
      DispatchQueue.global().async(group: readers) {
        while !isDone.load(ordering: .acquiring) {
          do {
            let answer = try service.predict("kmeans", instances: question)
            counts.withLock {
              $0.answers += 1
              $0.versions.insert(answer.string("modelVersionId") ?? "")
            }
          } catch {
            counts.withLock { $0.failures.append("\(error)") }
          }
        }
      }
    }
    func isSeen(_ version: String) -> Bool { eventually { counts.withLock { $0.versions.contains(version) } } }
    for seed in 2...4 {
      let job = try service.trained("kmeans", fourClusters, seed: Int64(seed))
      #expect(isSeen(job.string("version") ?? ""), "\(job)")
    }
    _ = try service.rollback("kmeans")
    _ = try service.setDefault("1", ofModel: "kmeans")
    isDone.store(true, ordering: .releasing)
    readers.wait()
    let found = counts.withLock { $0 }
    #expect(found.failures.isEmpty, "\(found.failures.first ?? "")")
    #expect(found.answers > 10)
    #expect(found.versions == ["1", "2", "3", "4"])
  }

  @Test func `another replica notices a new default`() throws {
    let world = try World()
    try world.populateSegments(100)
    let (one, two) = (world.service(), world.service())
    defer {
      one.stop()
      two.stop()
    }
    #expect(two.isLoaded)
    try one.trained("kmeans", fourClusters)
    let question = instances([instance { $0.append("session_count", 12) }])
    #expect(
      eventually { (try? two.predict("kmeans", instances: question).string("modelVersionId")) == "1" })
    #expect(try eventually { try two.segments().count == 4 })
  }

  @Test func `a service that starts serves what there is at once`() throws {
    let world = try World()
    try world.populateSegments(100)
    let first = world.service()
    try first.trained("kmeans", fourClusters)
    first.stop()
    let begin = ContinuousClock.now
    let second = world.service()
    defer { second.stop() }
    #expect(second.isLoaded)
    let question = instances([instance { $0.append("session_count", 12) }])
    #expect(try second.predict("kmeans", instances: question).string("modelVersionId") == "1")
    #expect(ContinuousClock.now - begin < .seconds(1))
  }

  @Test func `a version whose bytes were changed is not served; the one before is`() throws {
    let world = try World()
    try world.populateSegments(100)
    let first = world.service()
    for seed in 1...2 { try first.trained("kmeans", fourClusters, seed: Int64(seed)) }
    first.stop()
    let damage = BSONDocument { $0.append("$set", document: { $0.append("bytes", [1, 2, 3] as [UInt8]) }) }
    _ = try world.store.database.collection("model_chunks").write(
      [.update(filter: BSONDocument { $0.append("_id", "kmeans:2/0") }, update: damage)], deadline: .ofTest)
    let second = world.service()
    defer { second.stop() }
    let question = instances([instance { $0.append("session_count", 12) }])
    #expect(try second.predict("kmeans", instances: question).string("modelVersionId") == "1")
    expect(throws: ErrorPattern { if case .unreadableVersion = $0 { true } else { false } }) {
      try second.predict("kmeans", version: "2", instances: question)
    }
  }
}
