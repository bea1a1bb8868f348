import BSON
import Dispatch
import Locks
import Models
import MongoTesting
import Store
import Testing

@testable import Service

/// Versions come and go over HTTP while clients ask.
@Suite struct HotSwapRoutesTests {
  @Test func `no answer fails or is mixed while versions are promoted and rolled back`() throws {
    let running = try RunningService(try TestDatabase.fresh())
    defer { running.stop() }
    try running.waitUntilReady()
    try fill(running)
    for clusters in [3, 4] { try train(running, clusters: clusters) }
    let client = running.client
    let body = #"{"instances":[{"session_count":2,"no_of_orders":1}]}"#
    let mustEnd = Guarded(false)
    let found = Guarded((answers: 0, faults: [String](), versions: Set<String>()))
    let readers = DispatchGroup()
    for path in ["/models/kmeans:predict", "/endpoints/kmeans:predict"] {
      DispatchQueue.global().async(group: readers) {
        while !mustEnd.withLock({ $0 }) {
          let answer = client.post(path, body)
          let version = answer.json.string("modelVersionId") ?? ""
          let prediction = answer.json.array("predictions")?.first { _ in true }?.documentValue
          let centroids = prediction?.array("centroid_ids")?.count
          found.withLock { found in
            found.answers += 1
            found.versions.insert(version)
            // Version 1 has three clusters, version 2 four.
            if answer.status != 200 || centroids != (version == "1" ? 3 : 4)
              || answer.json.string("deployedModelId") != "kmeans:\(version)"
            {
              found.faults.append(answer.text)
            }
          }
        }
      }
    }
    defer { mustEnd.withLock { $0 = true } }
    for round in 0..<10 {
      let swapped =
        round % 2 == 0
        ? client.post("/models/kmeans:rollback", "")
        : client.send(
          "PUT", "/models/kmeans/aliases/default", ["Content-Type": "application/json"],
          Array(#"{"version":"2"}"#.utf8))
      #expect(swapped.status == 200, "\(swapped.text)")
      let wanted = round % 2 == 0 ? "1" : "2"
      // The very next answer comes from the version that the call set.
      #expect(client.post("/models/kmeans:predict", body).json.string("modelVersionId") == wanted)
      found.withLock { $0.versions = [] }
      try wait(for: "the readers to meet version \(wanted)") { found.withLock { $0.versions.contains(wanted) } }
    }
    mustEnd.withLock { $0 = true }
    readers.wait()
    let outcome = found.withLock { $0 }
    #expect(outcome.faults.isEmpty, "\(outcome.faults.first ?? "")")
    #expect(outcome.answers > 20)
  }

  private func fill(_ running: RunningService) throws {
    let events = (0..<120).map { number in
      #"{"eventId":"h\#(number)","eventName":"view_item","eventTimestamp":"2024-05-0\#(number % 9 + 1)T10:00:00Z","#
        + #""userId":"H\#(number % 30)","sessionId":"s\#(number)","engagementTimeMsec":\#(number % 7 * 1000)}"#
    }
    let answer = running.client.post("/ingest/events", "[\(events.joined(separator: ","))]")
    guard answer.status == 200 else { throw NeverHappened(what: answer.text) }
    try wait(for: "the customers") {
      try running.store.projections.customerCount(deadline: .ofTest) == 30
    }
  }

  private func train(_ running: RunningService, clusters: Int) throws {
    let taken = running.client.post("/models/kmeans:train", "{\"options\":{\"NUM_CLUSTERS\":\(clusters)}}")
    guard let job = taken.field("Location") else { throw NeverHappened(what: taken.text) }
    try wait(for: "the training", seconds: 60) { running.client.get(job).json.string("state") == "succeeded" }
    let version = running.client.get(job).json.string("version") ?? ""
    // An empty cluster would have kept it from serving.
    let set = running.client.send(
      "PUT", "/models/kmeans/aliases/default", ["Content-Type": "application/json"],
      Array("{\"version\":\"\(version)\",\"force\":true}".utf8))
    guard set.status == 200 else { throw NeverHappened(what: set.text) }
  }
}
