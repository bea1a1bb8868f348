import Testing

@testable import HTTPServer

/// Requirements 27 and 34 of HTTPServer.md: gzip both ways (RFC 1952; RFC 9110 section 12.5.3).
@Suite struct CompressionTests {
  private let server: TestServer

  init() throws {
    server = try TestServer(
      routes: { router, _ in
        let open = RouteOptions(isPublic: true)
        for size in [1_023, 1_024, 100_000] {
          router.on(.get, "/text/\(size)", options: open) { _ in
            HTTPResponse.text(String(repeating: "abcdefgh", count: 12_500).prefix(size).description).with(
              "ETag", "\"v1\"")
          }
        }
        router.on(.get, "/image", run: .onLoop, options: open) { _ in
          HTTPResponse(contentType: "image/png", body: .bytes([UInt8](repeating: 1, count: 5_000)))
        }
        router.on(.get, "/plain-only", run: .onLoop, options: .init(isPublic: true, compresses: false)) { _ in
          .text(String(repeating: "x", count: 5_000))
        }
        router.on(.post, "/write", options: open) { _ in .text("written", status: .created) }
        router.on(.get, "/stream", options: open) { _ in
          .stream(.csv, from: 0) { state, out in
            state += 1
            out.append(contentsOf: SeededRandom.bytes(50_000, seed: UInt64(state)))
            return state < 10
          }
        }
      },
      limits: { $0.inflateRatioGraceBytes = 100_000 })
  }

  private func get(_ path: String, _ accept: String? = nil, _ more: String = "") throws -> TestResponse? {
    let field = accept.map { "Accept-Encoding: \($0)\r\n" } ?? ""
    return try server.ask("GET \(path) HTTP/1.1\r\nHost: a\r\n\(field)\(more)\r\n")
  }

  private func inflate(_ bytes: [UInt8]) throws -> [UInt8] {
    var limits = HTTPLimits()
    limits.inflateRatioMax = 1 << 30
    let inflater = Inflater(bytesMax: .max, limits: limits)
    var out: [UInt8] = []
    try inflater.decode(bytes, into: &out)
    try inflater.finish()
    return out
  }

  @Test(
    "27 an answer is compressed when the client takes that with a quality above 0",
    arguments: [
      ("gzip", true), ("GZIP", true), ("x-gzip", true), ("deflate, gzip;q=1.0, *;q=0.5", true), ("*", true),
      ("gzip;q=0.001", true),
      ("br;q=1.0, gzip;q=0.8", true), ("gzip ; q=0.5", true), ("identity;q=0.5, gzip;q=0.5", true),
      ("identity;q=0, gzip", true),
      ("gzip;q=0", false), ("gzip;q=0.000", false), ("*;q=0.5, gzip;q=0", false), ("identity", false), ("br", false),
      ("", false),
      ("gzip;q=0.5, identity;q=1", false), ("gzip;q=2", false), ("gzip;q=1.001", false), ("gzip;q=0.0001", false),
      ("gzip;x=1", false),
      ("gzipped", false), ("gzip;q=", false),
    ])
  func accepted(field: String, isCompressed: Bool) throws {
    let response = try get("/text/100000", field)
    #expect(response?.status == 200)
    #expect(response?.field("Vary") == "Accept-Encoding")
    #expect(response?.field("Content-Encoding") == (isCompressed ? "gzip" : nil))
    let body = response?.body ?? []
    #expect(response?.field("Content-Length") == "\(body.count)")
    #expect((isCompressed ? try inflate(body) : body).count == 100_000)
    #expect((body.count < 2_000) == isCompressed)
  }

  @Test func `27 answers of 1 KB and more are compressed, smaller and incompressible ones are not`() throws {
    #expect(try get("/text/1024", "gzip")?.field("Content-Encoding") == "gzip")
    #expect(try get("/text/1023", "gzip")?.field("Content-Encoding") == nil)
    #expect(try get("/text/1023", "gzip")?.field("Vary") == nil)
    #expect(try get("/image", "gzip")?.field("Content-Encoding") == nil)
    #expect(try get("/plain-only", "gzip")?.field("Content-Encoding") == nil)
    #expect(try get("/text/100000")?.field("Content-Encoding") == nil)
    #expect(try get("/text/100000")?.field("Vary") == "Accept-Encoding")
  }

  @Test(
    "34 identity may be excluded: then gzip, or 406 (RFC 9110 section 12.5.3)",
    arguments: [
      ("/text/1023", "identity;q=0, gzip", 200, "gzip"), ("/text/1023", "*;q=0, gzip", 200, "gzip"),
      ("/text/1023", "identity;q=0", 406, nil), ("/text/100000", "*;q=0", 406, nil),
      ("/text/1023", "br, *;q=0", 406, nil),
      ("/text/1023", "*;q=0, identity", 200, nil),
    ] as [(String, String, Int, String?)])
  func identityExcluded(path: String, field: String, status: Int, coding: String?) throws {
    let response = try get(path, field)
    #expect(response?.status == status)
    #expect(response?.field("Content-Encoding") == coding)
  }

  @Test func `34 what is done is not answered 406`() throws {
    let written = try server.ask("POST /write HTTP/1.1\r\nHost: a\r\nAccept-Encoding: *;q=0\r\n\r\n")
    #expect(written?.status == 201 && written?.text == "written")
    #expect(try get("/nowhere", "*;q=0")?.status == 404)
  }

  @Test func `34 the compressed form has a tag of its own, and both find the resource unchanged`() throws {
    #expect(try get("/text/100000")?.field("ETag") == "\"v1\"")
    #expect(try get("/text/100000", "gzip")?.field("ETag") == "\"v1-gzip\"")
    for tag in ["\"v1\"", "\"v1-gzip\"", "*"] {
      for coding in ["gzip", "identity"] {
        let response = try get("/text/100000", coding, "If-None-Match: \(tag)\r\n")
        #expect(response?.status == 304)
        #expect(response?.field("Vary") == "Accept-Encoding")
        #expect(response?.field("ETag") == (coding == "gzip" ? "\"v1-gzip\"" : "\"v1\""))
        #expect(response?.field("Content-Encoding") == nil)
      }
    }
  }

  @Test func `a stream is compressed as one gzip member`() throws {
    let response = try get("/stream", "gzip")
    #expect(response?.field("Content-Encoding") == "gzip")
    #expect(response?.field("Transfer-Encoding") == "chunked")
    let plain = try inflate(response?.body ?? [])
    #expect(plain.count == 500_000)
    #expect(plain.suffix(50_000).elementsEqual(SeededRandom.bytes(50_000, seed: 10)))
  }

  @Test func `HEAD has the fields of the compressed answer`() throws {
    let client = try server.client()
    let head = client.ask("HEAD /text/100000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n", toHead: true)
    let get = client.ask("GET /text/100000 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n")
    #expect(head?.field("Content-Encoding") == "gzip")
    #expect(head?.field("Content-Length") == get?.field("Content-Length"))
  }

  // MARK: Requests

  private func post(_ body: [UInt8], to path: String = "/echo") throws -> TestResponse? {
    let client = try server.client()
    client.send(
      "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n"
    )
    client.send(body)
    return client.response()
  }

  @Test("27 a compressed body is decoded before the handler sees it", arguments: ["/echo", "/echo-worker"])
  func compressedBody(path: String) throws {
    #expect(try post(Deflaters.compress(Array("hello".utf8)), to: path)?.text == "hello")
    // The same word as Python's gzip.compress writes it.
    let python: [UInt8] = [
      31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0,
    ]
    #expect(try post(python, to: path)?.text == "hello")
    let large = SeededRandom.bytes(500_000, seed: 1)
    #expect(try post(Deflaters.compress(large), to: path)?.body == large)
  }

  @Test func `27 what is not one whole gzip member is 400`() throws {
    let good = Deflaters.compress(Array("hello, hello, hello".utf8))
    var badChecksum = good
    badChecksum[badChecksum.count - 6] ^= 1
    var badLength = good
    badLength[badLength.count - 1] ^= 1
    for body in [
      Array("hello".utf8), Array(good.dropLast()), Array(good.prefix(5)), good + [0], good + good, badChecksum,
      badLength, [31, 139],
      [0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01],
    ] {
      let response = try post(body)
      #expect(response?.status == 400)
      #expect(response?.code == "malformed_gzip")
    }
  }

  @Test func `27 decoded bytes up to the limit pass, one more is 413`() throws {
    let limited = try TestServer(limits: { $0.bodyBytesMax = 50_000 })
    func post(_ size: Int) throws -> Int? {
      let body = Deflaters.compress(
        SeededRandom.bytes(size / 2, seed: 2) + [UInt8](repeating: 0, count: size - size / 2))
      let client = try limited.client()
      client.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n"
      )
      client.send(body)
      return client.response()?.status
    }
    #expect(try post(50_000) == 200)
    #expect(try post(50_001) == 413)
  }

  @Test func `27 a ratio above a hundred is a bomb once it has filled its grace`() throws {
    #expect(try post(Deflaters.compress([UInt8](repeating: 0, count: 100_000)))?.status == 200)
    #expect(try post(Deflaters.compress([UInt8](repeating: 0, count: 2_000_000)))?.status == 413)
  }

  @Test func `27 a bomb of ten gigabytes ends after a megabyte`() throws {
    let deflater = Deflater()
    var bomb: [UInt8] = []
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    for _ in 0..<64 { deflater.compress(zeros, finish: false, into: &bomb) }
    let inflater = Inflater(bytesMax: 8 << 20, limits: HTTPLimits())
    var out: [UInt8] = []
    #expect(throws: InflateFailure.tooLarge) { try inflater.decode(bomb, into: &out) }
    #expect(out.count < 2 << 20)
  }

  @Test func `27 a compressed body given a piece at a time decodes to the same`() throws {
    let plain = SeededRandom.bytes(3_000, seed: 3) + [UInt8](repeating: 7, count: 20_000)
    let packed = Deflaters.compress(plain)
    let inflater = Inflater(bytesMax: .max >> 8, limits: HTTPLimits())
    var out: [UInt8] = []
    for byte in packed { try inflater.decode([byte], into: &out) }
    try inflater.finish()
    #expect(out == plain)
  }
}
