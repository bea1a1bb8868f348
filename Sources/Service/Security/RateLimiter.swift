import HTTPServer
import Locks

/// How many requests each key may make: a bucket of one second's worth a key, filled all the time. Memory only.
///
/// What is left is told as draft-ietf-httpapi-ratelimit-headers-10 has it.
final class RateLimiter: Sendable {
  /// What a key has left after a request.
  struct Allowance: Sendable {
    let perSecond: Int
    let remaining: Int

    /// The fields that say so.
    var fields: [(name: String, value: String)] {
      [
        ("RateLimit-Policy", "\"requests\";q=\(perSecond);w=1"), ("RateLimit", "\"requests\";r=\(remaining);t=1"),
      ]
    }
  }

  private struct Bucket {
    var tokens: Double
    var filledAt: ContinuousClock.Instant
  }

  private let perSecond: Int
  private let buckets = Guarded<[String: Bucket]>([:])

  /// A limiter; 0 limits nobody.
  init(requestsPerSecond: Int) { perSecond = requestsPerSecond }

  /// Takes one request from a key's bucket; nil when nobody is limited.
  func take(_ key: String, at now: ContinuousClock.Instant = .now) throws(Problem) -> Allowance? {
    guard perSecond > 0 else { return nil }
    let capacity = Double(perSecond)
    let left = buckets.withLock { buckets -> Double? in
      var bucket = buckets[key] ?? Bucket(tokens: capacity, filledAt: now)
      bucket.tokens = min(capacity, bucket.tokens + capacity * ((now - bucket.filledAt) / .seconds(1)))
      bucket.filledAt = now
      defer { buckets[key] = bucket }
      guard bucket.tokens >= 1 else { return nil }
      bucket.tokens -= 1
      return bucket.tokens
    }
    let allowance = Allowance(perSecond: perSecond, remaining: Int(left ?? 0))
    guard left != nil else {
      var fields: HTTPFields = ["Retry-After": "1"]
      for field in allowance.fields { fields.append(field.name, field.value) }
      throw Problem(
        .tooManyRequests, "rate_limited",
        detail: "A key may make \(perSecond) requests a second; all of them are used.",
        fields: fields)
    }
    return allowance
  }
}
