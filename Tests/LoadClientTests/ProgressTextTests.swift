import Testing

@testable import LoadClient

struct ProgressTextTests {
  private var summary: LoadSummary {
    var summary = LoadSummary()
    (summary.accepted, summary.duplicates, summary.rejected, summary.milliseconds) = (1_234_000, 560, 7, 61_234)
    return summary
  }

  @Test func `a summary counts everything in one line`() {
    #expect(
      summary.text == "1,234,567 rows: 1,234,000 accepted, 560 duplicates, 7 rejected in 61.2 s (20,161 rows/s)")
  }

  @Test func `progress shows bar, rate and time left`() {
    var progress = LoadProgress(path: "a/orders.csv", byteCount: 400, position: 100, summary: summary)
    #expect(
      progress.text == "orders.csv [######------------------]  25 %  1,234,567 rows  20,161 rows/s  3:03 left")
    progress.byteCount = nil
    #expect(progress.text == "orders.csv  1,234,567 rows  20,161 rows/s")
  }
}
