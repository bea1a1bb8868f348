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
