import Testing

@testable import LoadClient

struct RetryPolicyTests {
  private let policy = RetryPolicy()

  @Test func `waits grow, twice as long each time, up to the limit`() {
    let waits = (1...10).compactMap {
      policy.delayMs(attempt: $0, retryAfterSeconds: 0, elapsedMs: 0, chance: 0.999_999)
    }
    #expect(waits.map { ($0 + 50) / 100 * 100 } == [200, 400, 800, 1600, 3200, 6400, 12_800, 15_000, 15_000, 15_000])
  }

  @Test func `a wait is a random part, from the half up`() {
    #expect(policy.delayMs(attempt: 1, retryAfterSeconds: 0, elapsedMs: 0, chance: 0) == 100)
    #expect(policy.delayMs(attempt: 1, retryAfterSeconds: 0, elapsedMs: 0, chance: 0.5) == 150)
  }

  @Test func `a service that says when to come back is obeyed, within the limit`() {
    #expect(policy.delayMs(attempt: 1, retryAfterSeconds: 3, elapsedMs: 0, chance: 0) == 3000)
    #expect(policy.delayMs(attempt: 1, retryAfterSeconds: 3600, elapsedMs: 0, chance: 0) == 15_000)
  }

  @Test func `no try begins after the patience has ended`() {
    #expect(policy.delayMs(attempt: 1, retryAfterSeconds: 3, elapsedMs: 57_000, chance: 0) == 3000)
    #expect(policy.delayMs(attempt: 1, retryAfterSeconds: 3, elapsedMs: 57_001, chance: 0) == nil)
  }
}
