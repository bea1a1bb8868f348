import BSON
import Store
import Testing

@testable import Service

@Suite struct PrometheusTextTests {
  @Test func `a family has its help and type before its samples`() {
    var text = PrometheusText()
    text.begin("a_total", .counter, "Of a.")
    text.sample(3, [("kind", "x\"y\\z\nw")])
    text.single("b", .gauge, "Of b.", 0.25)
    #expect(
      String(decoding: text.bytes, as: UTF8.self) == """
        # HELP a_total Of a.
        # TYPE a_total counter
        a_total{kind="x\\"y\\\\z\\nw"} 3
        # HELP b Of b.
        # TYPE b gauge
        b 0.25

        """)
  }

  @Test func `buckets are cumulative and their bounds inclusive`() {
    var histogram = DurationHistogram()
    for seconds in [0.001, 0.005, 0.006, 20] { histogram.record(seconds) }
    var text = PrometheusText()
    text.begin("h", .histogram, "H.")
    histogram.append([("m", "GET")], to: &text)
    let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
    #expect(lines.contains("h_bucket{m=\"GET\",le=\"0.005\"} 2"))
    #expect(lines.contains("h_bucket{m=\"GET\",le=\"0.01\"} 3"))
    #expect(lines.contains("h_bucket{m=\"GET\",le=\"10\"} 3"))
    #expect(lines.contains("h_bucket{m=\"GET\",le=\"+Inf\"} 4"))
    #expect(lines.contains("h_count{m=\"GET\"} 4"))
    #expect(lines.contains("h_sum{m=\"GET\"} 20.012"))
  }

  @Test func `a pull source's worker shows one state, what it read, and its lag while it knows one`() {
    var orders = PullActivity(name: "orders", type: "postgres")
    orders.state = .reading
    orders.failures = 2
    let before = PullSource(name: "orders", type: "postgres", kind: "orders")
    var now = before
    (now.accepted, now.duplicates, now.rejected) = (5, 3, 1)
    now.lag = PullSource.Lag(7, "rows")
    now.lastSuccessAt = BSONDate(millisecondsSince1970: 1_500)
    orders.add(from: before, to: now)
    var text = PrometheusText()
    text.append([PullActivity(name: "idle", type: "imap"), orders])
    let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    let labels = #"source="orders",type="postgres""#
    for line in [
      #"customer360_pull_state{source="idle",type="imap",state="standby"} 1"#,
      "customer360_pull_state{\(labels),state=\"reading\"} 1", "customer360_pull_state{\(labels),state=\"standby\"} 0",
      "customer360_pull_items_total{\(labels),outcome=\"accepted\"} 5",
      "customer360_pull_items_total{\(labels),outcome=\"duplicate\"} 3",
      "customer360_pull_items_total{\(labels),outcome=\"rejected\"} 1", "customer360_pull_failures_total{\(labels)} 2",
      "customer360_pull_lag{\(labels),unit=\"rows\"} 7",
      "customer360_pull_last_success_timestamp_seconds{\(labels)} 1.5",
    ] { #expect(lines.contains(line), "\(line)") }
    #expect(lines.count { $0.hasPrefix("customer360_pull_lag{") } == 1)
    var none = PrometheusText()
    none.append([PullActivity]())
    #expect(none.bytes.isEmpty)
  }

  @Test func `the process says what it uses`() throws {
    var text = PrometheusText()
    ProcessMetrics.append(to: &text)
    let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds", "process_max_fds"] {
      let line = try #require(lines.first { $0.hasPrefix("\(name) ") })
      #expect((Double(line.split(separator: " ")[1]) ?? 0) > 0, "\(line)")
    }
  }
}
