import Testing

@testable import HTTPServer

/// Requirement 33 of HTTPServer.md, on the pure state machine: no socket, no clock (RFC 9112 section 2.2).
@Suite struct MachineFuzzTests {
  /// What a stream of bytes makes the machine say, the pieces of a body joined.
  static func transcript(_ stream: [UInt8], splitAt cuts: [Int], limits: HTTPLimits) -> [String] {
    var machine = ConnectionMachine(limits: limits)
    var head = RequestHead()
    var kept: [UInt8] = []
    var said: [String] = []
    var body: [UInt8] = []
    var start = 0
    for end in cuts + [stream.count] {
      kept += stream[start..<end]
      start = end
      loop: while true {
        switch machine.next(kept.span, head: &head) {
        case .needMore: break loop
        case .head:
          said.append(
            "head \(head.methodToken) \(head.target) \(head.fields.count) \(head.contentLength) \(head.isChunked)")
          // Every third request is refused by its head, as a route that does not exist would be.
          if head.fields.count % 3 == 2 {
            machine.refuse(head)
            machine.answered()
            head.clear()
          } else if let failure = machine.admit(head, bodyBytesMax: 1_000) {
            said.append("refused \(failure)")
            break loop
          }
        case .body(let range): body += kept[range]
        case .requestComplete:
          said.append("complete \(body) \(machine.isPersistent)")
          body = []
          machine.answered()
          head.clear()
        case .fail(let failure):
          said.append("fail \(failure)")
          break loop
        }
      }
      kept.removeFirst(min(machine.consumed, kept.count))
      machine.dropConsumed()
      if machine.isClosed { break }
    }
    if let failure = machine.inputEnded() { said.append("ended \(failure)") }
    return said
  }

  @Test("33 any split of any input into reads gives the same actions", arguments: 0..<8)
  func anySplit(seed: Int) {
    var random = SeededRandom(seed: UInt64(seed))
    let limits = Self.smallLimits
    for _ in 0..<1_500 {
      let stream = Self.stream(&random)
      let whole = Self.transcript(stream, splitAt: [], limits: limits)
      #expect(Self.transcript(stream, splitAt: Array(0...stream.count), limits: limits) == whole)
      let cuts = (0..<Int.random(in: 1...6, using: &random)).map { _ in Int.random(in: 0...stream.count, using: &random)
      }
      let parts = Self.transcript(stream, splitAt: cuts.sorted(), limits: limits)
      #expect(parts == whole, "\(String(decoding: stream, as: UTF8.self).debugDescription) at \(cuts.sorted())")
    }
  }

  @Test("no input of random bytes stops the program", arguments: 0..<4)
  func randomBytes(seed: Int) {
    var random = SeededRandom(seed: 1_000 + UInt64(seed))
    for _ in 0..<3_000 {
      let stream = (0..<Int.random(in: 0...120, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = Self.transcript(stream, splitAt: [stream.count / 2], limits: Self.smallLimits)
    }
  }

  @Test("no head that the parser takes stops the code behind it", arguments: 0..<4)
  func randomHeads(seed: Int) throws {
    var random = SeededRandom(seed: 2_000 + UInt64(seed))
    var taken = 0
    for _ in 0..<4_000 {
      let stream = Self.stream(&random)
      guard let request = HTTPRequest(parsing: String(decoding: stream, as: UTF8.self), pattern: "/{a}/{b}:verb") else {
        continue
      }
      taken += 1
      _ = (request.pathSegments, request.query.items.count, request.parameter("a"), request.parameter("b"))
      _ = (
        request.mediaType, request.authority, request.ifNoneMatch("\"x\""), request.ifMatch(nil), request.headers.count
      )
      _ = AcceptEncoding(Array((request.header("Accept-Encoding") ?? "").utf8).span).choice(isCompressible: true)
    }
    #expect(taken >= 0)
  }

  /// Small, so that random streams reach them.
  private static var smallLimits: HTTPLimits {
    var limits = HTTPLimits()
    limits.requestLineBytesMax = 60
    limits.headBytesMax = 200
    limits.headerFieldsMax = 6
    limits.bodyBytesMax = 2_000
    limits.discardBytesMax = 20
    limits.chunkLineBytesMax = 12
    limits.chunkExtensionsBytesMax = 20
    limits.trailersBytesMax = 40
    return limits
  }

  /// A few requests, some sound, most of them bent in a place or two.
  private static func stream(_ random: inout SeededRandom) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      bytes += Array(repeating: [13, 10], count: Int.random(in: 0...1, using: &random)).flatMap { $0 }
      bytes += Array(pick(methods, &random).utf8) + [32] + Array(pick(targets, &random).utf8)
      bytes += Array(pick(versions, &random).utf8)
      for _ in 0..<Int.random(in: 0...4, using: &random) { bytes += Array(pick(fields, &random).utf8) + [13, 10] }
      bytes += [13, 10] + Array(pick(bodies, &random).utf8)
    }
    for _ in 0..<max(0, Int.random(in: -3...3, using: &random)) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes.remove(at: at)
      case 1: bytes.insert(pick([0, 9, 10, 13, 32, 48, 58, 59, 61, 127, 128, 255], &random), at: at)
      case 2: bytes[at] = UInt8.random(in: 0...255, using: &random)
      default: bytes.swapAt(at, Int.random(in: 0..<bytes.count, using: &random))
      }
    }
    return bytes
  }

  private static func pick<T>(_ list: [T], _ random: inout SeededRandom) -> T {
    list[Int.random(in: 0..<list.count, using: &random)]
  }

  private static let methods = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "BREW", "DELETE"]
  private static let targets = [
    "/", "/a/b:verb", "/a?b=c&d=%41+", "*", "a:80", "http://h:1/x?y", "/%2e%2E/%C3%A9:verb", "/[",
    "/\(String(repeating: "a", count: 50))",
  ]
  private static let versions = [
    " HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.0\r\n", " HTTP/2.0\r\n", "\r\n",
  ]
  private static let fields = [
    "Host: a", "Host: a", "Host: a", "Host: [::1]:80", "Content-Length: 5", "Content-Length: 5", "Content-Length: 05,5",
    "Transfer-Encoding: chunked", "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Connection: close",
    "Connection: keep-alive, x", "Expect: 100-continue", "X: \(String(repeating: "v", count: 90))",
    "If-None-Match: W/\"x\", *",
    "Accept-Encoding: gzip;q=0.5, *;q=0", "Content-Type: a/b; charset=\"u\\\"\"", " folded", "X : y",
    "Content-Length: 1500",
  ]
  private static let bodies = [
    "", "", "hello", "5\r\nhello\r\n0\r\n\r\n", "5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFF\r\n",
  ]
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
