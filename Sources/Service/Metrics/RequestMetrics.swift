import HTTPServer
import Locks
import Synchronization

/// Durations of requests by method, route and status. Series are few: routes are patterns, never paths, and methods and
/// statuses are known words.
final class RequestMetrics: Sendable {
  private struct Series: Hashable {
    let method: String
    let route: String
    let status: Int
  }

  private let histograms = Guarded<[Series: DurationHistogram]>([:])
  private let inHandlers = Atomic(0)

  /// Requests that are in a handler now.
  var active: Int { inHandlers.load(ordering: .relaxed) }

  /// Counts requests as active while `handler` runs.
  func counting<R>(_ requests: Int = 1, _ handler: () throws -> R) rethrows -> R {
    inHandlers.add(requests, ordering: .relaxed)
    defer { inHandlers.subtract(requests, ordering: .relaxed) }
    return try handler()
  }

  /// Counts answered requests, each in O(1), under one lock.
  func record(_ observations: [HTTPObservation]) {
    histograms.withLock { histograms in
      for observation in observations {
        let series = Series(
          method: observation.method == "-" ? "_OTHER" : observation.method,
          route: observation.route == "-" ? "unmatched" : observation.route, status: observation.status)
        histograms[series, default: DurationHistogram()].record(Double(observation.totalNs) / 1e9)
      }
    }
  }

  func append(to text: inout PrometheusText) {
    text.begin(
      "http_server_request_duration_seconds", .histogram,
      "Time from the first byte of a request until its answer was handed to the kernel.")
    let series = histograms.withLock { $0 }.sorted {
      ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
    }
    for (key, histogram) in series {
      histogram.append(
        [("method", key.method), ("route", key.route), ("status", String(key.status))], to: &text)
    }
  }
}
