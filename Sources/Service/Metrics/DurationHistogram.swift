/// Durations counted in the buckets that OpenTelemetry recommends for HTTP, in seconds.
struct DurationHistogram: Sendable {
  /// Upper bounds, inclusive; one more bucket takes the rest.
  static let bounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

  private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
  private(set) var sum = 0.0

  mutating func record(_ seconds: Double) {
    var bucket = 0
    while bucket < Self.bounds.count, seconds > Self.bounds[bucket] { bucket += 1 }
    counts[bucket] += 1
    sum += seconds
  }

  /// Appends `_bucket`, `_sum` and `_count` with these labels.
  func append(_ labels: [(name: String, value: String)], to text: inout PrometheusText) {
    var total = 0
    for (bucket, count) in counts.enumerated() {
      total += count
      let bound = bucket < Self.bounds.count ? PrometheusText.text(of: Self.bounds[bucket]) : "+Inf"
      text.sample(total, suffix: "_bucket", labels + [("le", bound)])
    }
    text.sample(sum, suffix: "_sum", labels)
    text.sample(total, suffix: "_count", labels)
  }
}
