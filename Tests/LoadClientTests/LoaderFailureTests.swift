import Synchronization
import Testing

@testable import LoadClient

struct LoaderFailureTests {
  private let harness: LoadHarness
  private var folder: TemporaryFolder { harness.folder }

  init() throws { harness = try LoadHarness() }

  @Test(arguments: [429, 500, 502, 503, 504, 408, 409]) func `a busy service is asked again with the same batch`(
    status: Int
  ) throws {
    let count = Atomic(0)
    let server = try TestServer { request in
      count.add(1, ordering: .relaxed).newValue <= 3
        ? .answer(status: status, fields: ["Retry-After": "0"]) : .stored(request.lines.count)
    }
    defer { server.stop() }
    #expect(
      try harness.load(folder.file("o", harness.orders(0..<10)), harness.options(server, .orders)) == (
        harness.summary(10), nil
      ))
    #expect(server.requests.count == 4)
    #expect(Set(server.requests.map(\.text)).count == 1)
    #expect(Set(server.requests.map { $0.fields["idempotency-key"] }).count == 1)
  }

  @Test func `a lost connection is made again`() throws {
    let count = Atomic(0)
    let server = try TestServer { request in
      count.add(1, ordering: .relaxed).newValue % 2 == 1 ? .hangUp : .stored(request.lines.count)
    }
    defer { server.stop() }
    var options = harness.options(server, .orders)
    options.batchItemsMax = 1
    options.connections = 1
    #expect(try harness.load(folder.file("o", harness.orders(0..<5)), options) == (harness.summary(5), nil))
  }

  @Test func `a service that stays away ends the loading with code 3`() throws {
    let server = try TestServer { _ in .answer(status: 503) }
    defer { server.stop() }
    var options = harness.options(server, .orders)
    options.retry.patienceMs = 20
    let result = try harness.load(folder.file("o", harness.orders(0..<5)), options)
    #expect(result.summary == harness.summary(0) && result.failure?.exitCode == 3)
  }

  @Test func `a port where nobody listens ends the loading with code 3`() throws {
    let server = try TestServer { _ in .hangUp }
    server.stop()
    var options = harness.options(server, .orders)
    options.retry.firstPatienceMs = 20
    let result = try harness.load(folder.file("o", harness.orders(0..<5)), options)
    #expect(result.failure?.exitCode == 3)
  }

  @Test(arguments: [401, 403, 404, 405, 415, 301]) func `a refusal of everything ends the loading with code 2`(
    status: Int
  ) throws {
    let server = try TestServer { _ in
      .answer(status: status, fields: ["Location": "/elsewhere"], body: #"{"code":"no","detail":"not you"}"#)
    }
    defer { server.stop() }
    var options = harness.options(server, .orders)
    options.connections = 1
    options.batchItemsMax = 1
    let result = try harness.load(folder.file("o", harness.orders(0..<5)), options)
    #expect(result.failure == .refused(status: status, reason: "not you"))
    #expect(result.failure?.exitCode == 2)
    #expect(server.requests.count == 1)
  }

  @Test func `items that the service asks for again are sent again, alone`() throws {
    let count = Atomic(0)
    let server = try TestServer { request in
      let isFirst = count.add(1, ordering: .relaxed).newValue == 1
      let errors =
        isFirst ? [1, 3].map { #"{"index":\#($0),"code":"write_failed","field":null,"retryable":true}"# } : []
      return .stored(request.lines.count, errors: errors)
    }
    defer { server.stop() }
    #expect(
      try harness.load(folder.file("o", harness.orders(0..<5)), harness.options(server, .orders)) == (
        harness.summary(5), nil
      ))
    #expect(server.requests.count == 2)
    #expect(server.requests.last?.text == #"{"orderId":"1","n":1}"# + "\n" + #"{"orderId":"3","n":3}"# + "\n")
  }

  @Test func `items that the service asks for again and again are rejected in the end`() throws {
    let server = try TestServer {
      .stored($0.lines.count, errors: [#"{"index":0,"code":"write_failed","retryable":true}"#])
    }
    defer { server.stop() }
    #expect(
      try harness.load(folder.file("o", harness.orders(0..<3)), harness.options(server, .orders)) == (
        harness.summary(2, 0, 1), nil
      ))
  }

  @Test(arguments: [400, 413, 422]) func `the items for which a batch cannot be read are found, the others stored`(
    status: Int
  ) throws {
    let server = try TestServer { request in
      request.text.contains("poison")
        ? .answer(status: status, body: #"{"code":"malformed","detail":"cannot read it"}"#)
        : .stored(request.lines.count)
    }
    defer { server.stop() }
    let text =
      harness.orders(0..<37) + "{poison 1}\n" + harness.orders(40..<60) + "{poison 2}\n" + harness.orders(60..<61)
    #expect(
      try harness.load(folder.file("o", text), harness.options(server, .orders)) == (harness.summary(58, 0, 2), nil))
    let rejects = try folder.text(of: "o.rejected.ndjson")
    #expect(
      rejects.contains(#""line":38,"code":"malformed","field":null,"reason":"cannot read it","original":"{poison 1}""#))
    #expect(rejects.contains(#""line":59,"#))
  }

  @Test func `a fault that is not in the items is found with three requests`() throws {
    let server = try TestServer { _ in .answer(status: 400, body: #"{"code":"bad_kind","detail":"no such kind"}"#) }
    defer { server.stop() }
    var options = harness.options(server, .orders)
    options.connections = 1
    let result = try harness.load(folder.file("o", harness.orders(0..<500)), options)
    #expect(result.failure == .refused(status: 400, reason: "no such kind"))
    #expect(server.requests.count == 3)
  }

  @Test func `what was read of a file that breaks off is stored`() throws {
    let server = try TestServer { .stored($0.lines.count) }
    defer { server.stop() }
    var packed = GzipEncoder.packed(Array(harness.orders(0..<30).utf8))
    packed.removeLast(4)
    let result = try harness.load(folder.file("o.gz", packed), harness.options(server, .orders))
    #expect(result.summary == harness.summary(30) && result.failure?.exitCode == 2)
  }
}
