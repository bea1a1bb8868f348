import Locks
import Testing

@testable import HTTPServer

/// Answers produced while they are sent, and bodies taken while they are received.
@Suite struct StreamingTests {
  private let server: TestServer
  private let produced: Counter

  init() throws {
    let produced = Counter()
    let filler = [UInt8](repeating: 120, count: 9_990)
    let large = [UInt8](repeating: 120, count: 100_000)
    self.produced = produced
    server = try TestServer(
      routes: { router, gate in
        let open = RouteOptions(isPublic: true, compresses: false)
        router.on(.get, "/export/{pieces}", options: open) { request in
          .stream(.csv, from: (at: 0, end: Int(request.parameter("pieces")) ?? 0)) { state, out in
            guard state.at < state.end else { return false }
            out.append(contentsOf: "\(state.at),".utf8)
            out.append(contentsOf: filler)
            state.at += 1
            produced.add(1)
            return state.at < state.end
          }
        }
        router.on(.get, "/export-loop", run: .onLoop, options: open) { _ in
          .stream(.plainText, from: 0) { state, out in
            state += 1
            out.append(contentsOf: "\(state) ".utf8)
            return state < 5
          }
        }
        router.on(.get, "/fails-at-once", options: open) { _ in
          .stream(.plainText, from: 0) { _, _ in throw Problem.unavailable("no_primary", "The database is away.") }
        }
        router.on(.get, "/breaks-off", options: open) { _ in
          .stream(.plainText, from: 0) { state, out in
            state += 1
            if state > 20 { throw Problem.notFound("gone") }
            out.append(contentsOf: large)
            return true
          }
        }
        router.on(.get, "/hangs", options: open) { _ in
          .stream(.plainText, from: 0) { state, out in
            state += 1
            if state > 1 { gate.wait() }
            out.append(contentsOf: large)
            return true
          }
        }
        router.onStream(.post, "/import", options: .init(mediaTypes: [.csv], isPublic: true)) { _ in Summing(gate: nil)
        }
        router.onStream(.post, "/import-slow", options: .init(mediaTypes: [.csv], isPublic: true)) { _ in
          Summing(gate: gate)
        }
        router.onStream(.post, "/import-small", options: .init(bodyBytesMax: 1_000, mediaTypes: [.csv], isPublic: true))
        {
          _ in Summing(gate: nil)
        }
      },
      limits: { $0.handlerTimeoutMs = 1_000 })
  }

  /// Adds up what it gets; refuses a piece that begins with "!".
  private final class Summing: HTTPBodyConsumer {
    private let state = Guarded((bytes: 0, pieces: 0, largest: 0))
    private let gate: Gate?

    init(gate: Gate?) { self.gate = gate }

    func receive(_ bytes: [UInt8]) throws {
      gate?.wait()
      if bytes.first == UInt8(ascii: "!") { throw Problem.badRequest("bang", "No exclamation.") }
      state.withLock { $0 = ($0.bytes + bytes.count, $0.pieces + 1, max($0.largest, bytes.count)) }
    }

    func finish() throws -> HTTPResponse {
      let (bytes, pieces, largest) = state.withLock { $0 }
      return .text("\(bytes) in \(pieces), largest \(largest)")
    }
  }

  private func expected(_ pieces: Int) -> String {
    (0..<pieces).map { "\($0)," + String(repeating: "x", count: 9_990) }.joined()
  }

  @Test func `a stream arrives whole, in chunks, and the connection goes on`() throws {
    let client = try server.client()
    let response = client.ask("GET /export/50 HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.field("Transfer-Encoding") == "chunked")
    #expect(response?.field("Content-Length") == nil)
    #expect(response?.text == expected(50))
    #expect(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "hello")
    #expect(server.log.first { $0.route == "/export/{pieces}" }?.responseBytes == expected(50).utf8.count)
  }

  @Test func `what ends within its first piece is an ordinary answer`() throws {
    let response = try server.ask("GET /export/2 HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.field("Content-Length") == "\(expected(2).utf8.count)")
    #expect(response?.text == expected(2))
    #expect(try server.ask("GET /export/0 HTTP/1.1\r\nHost: a\r\n\r\n")?.field("Content-Length") == "0")
  }

  @Test func `a route of the loop may stream too`() throws {
    #expect(try server.ask("GET /export-loop HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "1 2 3 4 5 ")
  }

  @Test func `HEAD of a stream has its fields and produces nothing`() throws {
    let client = try server.client()
    let head = client.ask("HEAD /export/50 HTTP/1.1\r\nHost: a\r\n\r\n", toHead: true)
    #expect(head?.field("Transfer-Encoding") == "chunked")
    #expect(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "hello")
    #expect(produced.value == 0)
  }

  @Test func `HTTP/1.0 gets a stream until the connection ends`() throws {
    let response = try server.ask("GET /export/30 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(response?.field("Transfer-Encoding") == nil)
    #expect(response?.field("Connection") == "close")
    #expect(response?.text == expected(30))
  }

  @Test func `a pipelined request after a stream is answered after it`() throws {
    let client = try server.client()
    client.send("GET /export/30 HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(client.response()?.text == expected(30))
    #expect(client.response()?.text == "hello")
  }

  @Test func `a slow reader holds no thread, and production waits for it`() throws {
    let readers = try (0..<12).map { _ in
      let client = try server.client()
      client.send("GET /export/20000 HTTP/1.1\r\nHost: a\r\n\r\n")
      return client
    }
    #expect(server.settles(within: 20_000) { _ in produced.isSteady })
    // Four workers, twelve clients that do not read: the workers are free, and most is not produced yet.
    #expect(try server.ask("GET /worker HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "worked")
    #expect(produced.value < 12 * 10_000)
    withExtendedLifetime(readers) {}
  }

  @Test func `what fails before its first byte gets a status of its own`() throws {
    let response = try server.ask("GET /fails-at-once HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(response?.status == 503)
    #expect(response?.code == "no_primary")
  }

  @Test func `what breaks off later is cut, never ended as if it were whole`() throws {
    let client = try server.client()
    client.send("GET /breaks-off HTTP/1.1\r\nHost: a\r\n\r\n")
    let bytes = client.readToEnd()
    #expect(client.sawEnd)
    #expect(!bytes.suffix(5).elementsEqual("0\r\n\r\n".utf8))
    let seen = server.log.first { $0.route == "/breaks-off" }
    #expect(seen?.status == 200 && seen?.responseBytes ?? 0 > 0, "what was cut is told of with what was sent")
  }

  @Test func `a producer that hangs is cut at the handler's limit`() throws {
    let client = try server.client()
    client.send("GET /hangs HTTP/1.1\r\nHost: a\r\n\r\n")
    _ = client.readToEnd()
    #expect(client.sawEnd)
    server.gate.open()
  }

  @Test func `a streamed body reaches its consumer in pieces and is never held whole`() throws {
    let client = try server.client()
    let size = 5_000_000
    client.send("POST /import HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: \(size)\r\n\r\n")
    client.send([UInt8](repeating: 120, count: size))
    let words = client.response()?.text.split(separator: " ") ?? []
    #expect(words.first == "5000000")
    #expect(words.last.flatMap { Int($0) } ?? .max <= 200_000)
    #expect(client.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")?.text == "hello")
    #expect(server.settles { $0.bytesInFlight == 0 })
  }

  @Test func `chunked, compressed and empty bodies are streamed alike`() throws {
    let head = "POST /import HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n"
    let chunked = try server.ask(head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    #expect(chunked?.text.hasPrefix("5 in") == true)
    #expect(try server.ask(head + "Content-Length: 0\r\n\r\n")?.text == "0 in 0, largest 0")
    let client = try server.client()
    let packed = Deflaters.compress(SeededRandom.bytes(300_000, seed: 5))
    client.send(head + "Content-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n")
    client.send(packed)
    #expect(client.response()?.text.hasPrefix("300000 in") == true)
  }

  @Test func `a body whose last byte fills the buffer is complete`() throws {
    let client = try server.client()
    for count in [1, 2, 3] {
      client.send(
        "POST /import HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: \(count * 65_536)\r\n\r\n")
      for _ in 0..<count { client.send([UInt8](repeating: 120, count: 65_536)) }
      #expect(client.response()?.text.hasPrefix("\(count * 65_536) in") == true)
    }
  }

  @Test func `a consumer's refusal is answered at once and closes the connection`() throws {
    let client = try server.client()
    client.send("POST /import HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: 5000000\r\n\r\n!")
    client.send([UInt8](repeating: 120, count: 200_000))
    let response = client.response()
    #expect(response?.code == "bang")
    #expect(response?.field("Connection") == "close")
  }

  @Test func `a streamed body keeps to the route's limit`() throws {
    let head = "POST /import-small HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\n"
    #expect(try server.ask(head + "Content-Length: 1000\r\n\r\n" + String(repeating: "x", count: 1_000))?.status == 200)
    #expect(try server.ask(head + "Content-Length: 1001\r\n\r\n")?.status == 413)
    let packed = Deflaters.compress([UInt8](repeating: 0, count: 1_001))
    let client = try server.client()
    client.send(head + "Content-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n")
    client.send(packed)
    #expect(client.response()?.status == 413)
  }

  @Test func `a consumer that hangs is answered 503, and its body is not read on`() throws {
    let client = try server.client()
    client.send("POST /import-slow HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: 5000000\r\n\r\n")
    client.send([UInt8](repeating: 120, count: 100_000))
    let response = client.response()
    #expect(response?.status == 503)
    #expect(response?.field("Connection") == "close")
    server.gate.open()
  }
}

/// A number that threads add to.
final class Counter: Sendable {
  private let state = Guarded((value: 0, last: -1, since: 0))

  func add(_ number: Int) { state.withLock { $0.value += number } }

  var value: Int { state.withLock { $0.value } }

  /// Whether it has been the same for 150 ms.
  var isSteady: Bool {
    state.withLock { state in
      if state.value != state.last { state = (state.value, state.value, milliseconds()) }
      return milliseconds() - state.since > 150
    }
  }
}

extension SeededRandom {
  static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SeededRandom(seed: seed)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }
}
