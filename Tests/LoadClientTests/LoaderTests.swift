import Locks
import Synchronization
import Testing

@testable import LoadClient

struct LoaderTests {
  private let harness: LoadHarness
  private var folder: TemporaryFolder { harness.folder }

  init() throws { harness = try LoadHarness() }

  @Test func `every item is sent once, in batches under the limits, with the key`() throws {
    let server = try TestServer { .stored($0.lines.count) }
    defer { server.stop() }
    var options = harness.options(server, .orders)
    options.batchItemsMax = 100
    options.batchBytesMax = 2000
    let result = try harness.load(folder.file("orders.ndjson", harness.orders(0..<2345)), options)
    #expect(result == (harness.summary(2345), nil))
    let requests = server.requests
    #expect(requests.allSatisfy { $0.target == "/ingest/orders" && $0.fields["authorization"] == "Bearer c360_test" })
    #expect(requests.allSatisfy { $0.fields["content-type"] == "application/x-ndjson" })
    #expect(requests.allSatisfy { $0.lines.count <= 100 && $0.body.count <= 2000 })
    #expect(Set(requests.compactMap { $0.fields["idempotency-key"] }).count == requests.count)
    let sent = requests.flatMap(\.lines)
    #expect(sent.count == 2345 && Set(sent).count == 2345)
    #expect(folder.names == ["orders.ndjson"])
  }

  @Test func `each batch of events has the header, and rows with line ends stay whole`() throws {
    let server = try TestServer { .stored($0.text.split(separator: "\r").count - 1) }
    defer { server.stop() }
    var options = harness.options(server, .events)
    options.batchItemsMax = 2
    let csv = "_id,eventName\n" + (1...5).map { "\($0),\"a\nb\r\"\n" }.joined()
    #expect(try harness.load(folder.file("events.csv", csv), options) == (harness.summary(5), nil))
    #expect(server.requests.count == 3)
    #expect(server.requests.allSatisfy { $0.text.hasPrefix("_id,eventName\n") })
    #expect(server.requests.allSatisfy { $0.fields["content-type"] == "text/csv" })
  }

  @Test func `items of an array are sent as arrays`() throws {
    let server = try TestServer { .stored($0.text.split(separator: "{").count - 1) }
    defer { server.stop() }
    var options = harness.options(server, .products)
    options.batchItemsMax = 2
    options.connections = 1
    #expect(
      try harness.load(folder.file("p.json", "[{\"a\":\n1},{\"a\":2} , {\"a\":3}]"), options) == (
        harness.summary(3), nil
      ))
    #expect(server.requests.map(\.text) == ["[{\"a\":\n1},{\"a\":2}]", "[{\"a\":3}]"])
  }

  @Test func `packed batches are unpacked to the same bytes`() throws {
    let server = try TestServer { _ in .stored(50) }
    defer { server.stop() }
    var options = harness.options(server, .orders)
    options.gzip = true
    #expect(
      try harness.load(folder.file("o", GzipEncoder.packed(Array(harness.orders(0..<50).utf8))), options).failure == nil
    )
    let request = try #require(server.requests.first)
    #expect(request.fields["content-encoding"] == "gzip")
    var decoder = GzipDecoder()
    var plain: [UInt8] = []
    try decoder.write(request.body, to: &plain)
    #expect(plain == Array(harness.orders(0..<50).utf8))
  }

  @Test(arguments: ["{}", "OK", "", #"{"received":9,"accepted":9,"duplicates":0,"errors":[]}"#])
  func `an answer that does not count the batch is a refusal`(body: String) throws {
    let server = try TestServer { _ in .answer(status: 200, body: body) }
    defer { server.stop() }
    #expect(
      try harness.load(folder.file("o", harness.orders(0..<5)), harness.options(server, .orders)).failure?.exitCode == 2
    )
  }

  @Test func `rejected lines are written down as they stood, in order, with line, code, field and reason`() throws {
    let server = try TestServer { request in
      let errors = request.lines.enumerated().filter { $0.element.contains("bad") }.map {
        #"{"index":\#($0.offset),"id":null,"code":"not_a_number","field":"orderTotal","retryable":false}"#
      }
      return .stored(request.lines.count, duplicates: 1, errors: errors)
    }
    defer { server.stop() }
    var options = harness.options(server, .orders)
    options.batchItemsMax = 3
    let csv = "orderId,orderTotal\n1,5\n2,bad\nragged\n3,6\n4,7\n5,\"bad \"\"x\"\"\"\n6,8\n"
    #expect(try harness.load(folder.file("o.csv", csv), options) == (harness.summary(2, 2, 3), nil))
    #expect(
      try folder.text(of: "o.csv.rejected.ndjson") == """
        {"file":"\(folder.path)/o.csv","line":3,"code":"not_a_number","field":"orderTotal","reason":"not a number",\
        "original":"2,bad"}
        {"file":"\(folder.path)/o.csv","line":4,"code":"csv_ragged_row","field":null,\
        "reason":"the row has 1 fields, expected 2","original":"ragged"}
        {"file":"\(folder.path)/o.csv","line":7,"code":"not_a_number","field":"orderTotal","reason":"not a number",\
        "original":"5,\\"bad \\"\\"x\\"\\"\\""}

        """)
  }

  @Test func `rejects of an earlier run are removed, and a common file takes those of all files`() throws {
    let server = try TestServer { .stored($0.lines.count, errors: [#"{"index":0,"code":"no"}"#]) }
    defer { server.stop() }
    var options = harness.options(server, .orders)
    _ = try folder.file("a.rejected.ndjson", "old\n")
    let paths = [try folder.file("a", harness.orders(0..<2)), try folder.file("b", harness.orders(5..<7))]
    options.rejectsPath = folder.path + "/all"
    #expect(try Loader(options).load(paths) { _ in }.summary.rejected == 2)
    #expect(try folder.text(of: "all").split(separator: "\n").count == 2)
    options.rejectsPath = nil
    #expect(try Loader(options).load(paths) { _ in }.summary.rejected == 2)
    #expect(try folder.text(of: "a.rejected.ndjson").hasPrefix("{\"file\":"))
    options.rejectsPath = paths[1]
    #expect(try Loader(options).load(paths) { _ in }.failure?.exitCode == 2)
  }

  @Test func `no more requests are open at once than there are connections`() throws {
    let open = Atomic(0)
    let most = Atomic(0)
    let server = try TestServer { request in
      let now = open.add(1, ordering: .sequentiallyConsistent).newValue
      most.max(now, ordering: .sequentiallyConsistent)
      for _ in 0..<2000 { _ = open.load(ordering: .sequentiallyConsistent) }
      open.subtract(1, ordering: .sequentiallyConsistent)
      return .stored(request.lines.count)
    }
    defer { server.stop() }
    var options = harness.options(server, .events)
    options.batchItemsMax = 1
    options.connections = 4
    #expect(try harness.load(folder.file("e", harness.orders(0..<200)), options).summary == harness.summary(200))
    #expect((1...4).contains(most.load(ordering: .sequentiallyConsistent)))
  }

  @Test func `two records of one key arrive in the order of the file, also while the service stumbles`() throws {
    let last = Guarded<[String: Int]>([:])
    let count = Atomic(0)
    let inversions = Atomic(0)
    let server = try TestServer { request in
      if count.add(1, ordering: .relaxed).newValue % 3 == 0 { return .answer(status: 503) }
      for line in request.lines {
        let parts = line.split(separator: "\"")
        let version = Int(parts[parts.count - 1].filter(\.isNumber)) ?? -1
        last.withLock { last in
          if version < last[String(parts[3]), default: -1] { inversions.add(1, ordering: .relaxed) }
          last[String(parts[3])] = version
        }
      }
      return .stored(request.lines.count)
    }
    defer { server.stop() }
    var options = harness.options(server, .orders)
    options.batchItemsMax = 2
    options.connections = 4
    let text = (0..<120).map { "{\"orderId\":\"o\($0 % 5)\",\"version\":\($0)}\n" }.joined()
    #expect(try harness.load(folder.file("o", text), options) == (harness.summary(120), nil))
    #expect(inversions.load(ordering: .relaxed) == 0)
  }

  @Test func `progress is told on the way and at the end`() throws {
    let server = try TestServer { .stored($0.lines.count) }
    defer { server.stop() }
    var finished: [LoadSummary] = []
    var seen: [LoadProgress] = []
    _ = try Loader(harness.options(server, .orders)).load([folder.file("o", harness.orders(0..<30))]) { event in
      switch event {
      case .progress(let progress): seen.append(progress)
      case .finished(_, let summary, _): finished.append(summary)
      }
    }
    #expect(finished.count == 1 && finished[0].accepted == 30)
    #expect(seen.allSatisfy { $0.position <= $0.byteCount ?? 0 })
  }

  @Test func `options that make no sense are refused`() {
    func refuses(_ change: (inout LoadOptions) -> Void) -> Bool {
      var options = LoadOptions(kind: .orders)
      change(&options)
      return (try? Loader(options)) == nil
    }
    #expect(refuses { $0.url = "ftp://x" } && refuses { $0.url = "http://x y" } && refuses { $0.key = "a\nb" })
    #expect(refuses { $0.connections = 0 } && refuses { $0.connections = 17 })
    #expect(refuses { $0.batchItemsMax = 10_001 } && refuses { $0.batchBytesMax = 8 << 20 + 1 })
    #expect(!refuses { $0.batchItemsMax = 10_000 } && !refuses { $0.batchBytesMax = 8 << 20 })
  }
}
