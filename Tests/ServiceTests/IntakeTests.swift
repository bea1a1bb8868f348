import HTTPServer
import MongoTesting
import Projection
import Store
import Locks
import Testing

@testable import Service

@Suite struct IntakeThrottleTests {
  /// A projector that works 5,000 changes a second off and is so far behind.
  private static func status(behindSeconds: Int, rebuilding: Bool = false) -> ProjectionStatus {
    var status = ProjectionStatus()
    status.waitingSince = .now - .seconds(behindSeconds)
    status.isRebuilding = rebuilding
    return status
  }

  /// Which of batches of 1,000 items, ten a second, are let in.
  private func letIn(_ throttle: IntakeThrottle, seconds: Int, from start: ContinuousClock.Instant) -> Int {
    var count = 0
    for step in 0..<seconds * 10 {
      do throws(Problem) {
        try throttle.admit(at: start + .milliseconds(step * 100))
        throttle.took(items: 1_000)
        count += 1
      } catch {
        #expect(error.status == .tooManyRequests && error.code == "projection_behind")
        let wait = error.fields["Retry-After"].flatMap { Int($0) } ?? 0
        #expect((1...IntakeThrottle.retryAfterSecondsMax).contains(wait))
      }
    }
    return count
  }

  @Test(arguments: [(10, false, 60), (61, true, 60), (1_000, false, 0)])
  func `lets everything in within the bound, during a rebuild, and without a bound`(
    behind: Int, rebuilding: Bool, bound: Int
  ) {
    let throttle = IntakeThrottle(lagMsMax: bound * 1000) { Self.status(behindSeconds: behind, rebuilding: rebuilding) }
    #expect(letIn(throttle, seconds: 10, from: .now) == 100)
    let elsewhere = IntakeThrottle(lagMsMax: 1) { nil }
    #expect(letIn(elsewhere, seconds: 10, from: .now) == 100)
  }

  @Test func `beyond the bound lets in four fifths of what is worked off`() {
    let status = Guarded(Self.status(behindSeconds: 120))
    let throttle = IntakeThrottle(lagMsMax: 60_000) { status.withLock { $0 } }
    let start = ContinuousClock.now
    // Ten seconds in which it learns the rate.
    for second in 0..<10 {
      status.withLock { $0.changesApplied += 5_000 }
      try? throttle.admit(at: start + .seconds(second))
    }
    let batches = letIn(throttle, seconds: 20, from: start + .seconds(9))
    // The projector stands still in this test, so its rate halves with every sample down to the least.
    #expect((20...32).contains(batches), "\(batches)")
  }

  @Test func `a projector that stands still leaves a trickle`() {
    let throttle = IntakeThrottle(lagMsMax: 1_000) { Self.status(behindSeconds: 600) }
    let batches = letIn(throttle, seconds: 30, from: .now)
    #expect((29...32).contains(batches), "\(batches)")
  }
}

@Suite struct RateLimitTests {
  @Test func `a key has its own second's worth, filled all the time`() throws {
    let limiter = RateLimiter(requestsPerSecond: 10)
    let start = ContinuousClock.now
    for request in 0..<10 { #expect(try limiter.take("a", at: start)?.remaining == 9 - request) }
    #expect(throws: Problem.self) { try limiter.take("a", at: start) }
    #expect(try limiter.take("b", at: start)?.remaining == 9, "another key")
    #expect(throws: Problem.self) { try limiter.take("a", at: start + .milliseconds(90)) }
    #expect(try limiter.take("a", at: start + .milliseconds(200))?.remaining == 1)
    #expect(try limiter.take("a", at: start + .seconds(60))?.remaining == 9)
    #expect(try RateLimiter(requestsPerSecond: 0).take("a") == nil)
  }

  @Test func `answers say what is left, and a key beyond its rate is a 429`() throws {
    let running = try RunningService(
      try TestDatabase.fresh(), intake: IntakeLimits(requestsPerKeyPerSMax: 5))
    defer { running.stop() }
    try running.waitUntilReady()
    let (greedy, modest) = (try running.addKey([.admin]), try running.addKey([.admin]))
    try wait(for: "the keys", seconds: 5) { running.client.get("/limits").status == 401 }
    let answers = (0..<40).map { _ in running.client(greedy).get("/limits") }
    #expect(answers[0].status == 200)
    #expect(answers[0].field("RateLimit-Policy") == #""requests";q=5;w=1"#)
    #expect(answers[0].field("RateLimit")?.hasPrefix(#""requests";r="#) == true)
    let refused = answers.filter { $0.status == 429 }
    #expect(!refused.isEmpty)
    for answer in refused {
      #expect(answer.code == "rate_limited" && answer.field("Retry-After") == "1")
      #expect(answer.field("RateLimit") == #""requests";r=0;t=1"#)
    }
    #expect(running.client(modest).get("/limits").status == 200, "other keys are not touched")
    #expect(running.client.get("/livez").status == 200)
  }
}

@Suite struct LagTests {
  @Test func `the lag is shown, and intake is slowed by it`() throws {
    let running = try RunningService(try TestDatabase.fresh(), intake: IntakeLimits(projectionLagMsMax: 50))
    defer { running.service.drain(timeoutMs: 1_000) }
    try running.waitUntilReady()
    func lag() -> Double? {
      let line = running.client.get("/metrics").text.split(separator: "\n").first {
        $0.hasPrefix("customer360_projection_lag_seconds ")
      }
      return line.flatMap { Double(String($0.split(separator: " ")[1])) }
    }
    #expect(lag() == 0)
    let events = (0..<2_000).map {
      #"{"eventId":"l\#($0)","eventName":"a","eventTimestamp":\#(1_700_000_000 + $0 * 86_400),"userId":"u\#($0)"}"#
    }.joined(separator: "\n")
    var codes: Set<Int> = []
    try wait(for: "a slowed batch") {
      for part in 0..<4 {
        let answer = running.client.post(
          "/ingest/events", events.split(separator: "l").joined(separator: "l\(part)"), type: "application/x-ndjson")
        codes.insert(answer.status)
        if answer.status == 429 { #expect(answer.code == "projection_behind" && answer.field("Retry-After") != nil) }
      }
      return codes.contains(429)
    }
    #expect(codes.isSubset(of: [200, 429]))
    try wait(for: "the projector to catch up") { lag() == 0 }
    running.projector.stop()
    running.models.stop()
  }
}
