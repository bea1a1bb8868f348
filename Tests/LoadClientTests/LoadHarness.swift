import Testing

@testable import LoadClient

/// What the tests of the loader share: a folder, options with waits of a millisecond, and loading without the clock.
struct LoadHarness {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Options for a server, with waits of a millisecond.
  func options(_ server: TestServer, _ kind: LoadKind) -> LoadOptions {
    var options = LoadOptions(kind: kind)
    options.url = server.url + "/"
    options.key = "c360_test"
    options.retry.firstDelayMs = 1
    options.retry.delayMsMax = 5
    return options
  }

  func load(_ path: String, _ options: LoadOptions) throws -> (summary: LoadSummary, failure: LoadError?) {
    let (summary, failure) = try Loader(options).load([path]) { _ in }
    var timeless = summary
    timeless.milliseconds = 0
    return (timeless, failure)
  }

  func orders(_ range: Range<Int>) -> String {
    range.map { "{\"orderId\":\"\($0)\",\"n\":\($0)}\n" }.joined()
  }

  func summary(_ accepted: Int, _ duplicates: Int = 0, _ rejected: Int = 0) -> LoadSummary {
    var summary = LoadSummary()
    (summary.accepted, summary.duplicates, summary.rejected) = (accepted, duplicates, rejected)
    return summary
  }
}
