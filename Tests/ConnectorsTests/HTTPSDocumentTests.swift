import Foundation
import HTTPServer
import Logging
import MongoTesting
import Testing

@testable import Connectors

/// Documents behind https, from a server of our own with a certificate of its own.
@Suite(.enabled(if: Programs.find(["/usr/bin/openssl"]) != nil, "openssl is not installed"))
final class HTTPSDocumentTests {
  private let server: HTTPServer
  private let port: Int
  private let authority: String

  init() throws {
    let folder = TestFolder.make("https")
    authority = folder + "/cert.pem"
    try Programs.run(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost", "-keyout", folder + "/key.pem", "-out", authority,
      ])
    var log = Logger(label: "test")
    log.logLevel = .critical
    server = HTTPServer(
      configuration: .init(
        listen: .tcp(host: "127.0.0.1", port: 0),
        tls: .init(certificateFile: authority, privateKeyFile: folder + "/key.pem"), loops: 1), logger: log)
    var router = Router()
    let open = RouteOptions(isPublic: true)
    router.on(.get, "/keys", run: .onLoop, options: open) { _ in .json(Array(#"{"keys":[]}"#.utf8)) }
    router.on(.get, "/long", run: .onLoop, options: open) { _ in .text(String(repeating: "x", count: 4_096)) }
    router.on(.get, "/moved", run: .onLoop, options: open) { _ in
      HTTPResponse(status: 302, fields: ["Location": "/keys"])
    }
    port = try server.start(router)
  }

  deinit { server.stop() }

  private func fetch(_ path: String, bytesMax: Int = 4_096, host: String = "localhost") throws(PullError) -> [UInt8] {
    try HTTPSDocument.fetch("https://\(host):\(port)\(path)", bytesMax: bytesMax, authorities: authority)
  }

  @Test func `a document is fetched, up to its limit and no further`() throws {
    #expect(try fetch("/keys") == Array(#"{"keys":[]}"#.utf8))
    #expect(try fetch("/long").count == 4_096)
    #expect(throws: PullError.self) { try fetch("/long", bytesMax: 4_095) }
  }

  @Test(arguments: ["/nothing", "/moved"]) func `only a 200 is a document`(path: String) {
    #expect(throws: PullError.self) { try fetch(path) }
  }

  @Test func `a certificate of nobody, or of another name, and plain http are refused`() {
    #expect(throws: PullError.self) { try HTTPSDocument.fetch("https://localhost:\(port)/keys", bytesMax: 4_096) }
    #expect(throws: PullError.self) { try fetch("/keys", host: "127.0.0.1") }
    #expect(throws: PullError.self) {
      try HTTPSDocument.fetch("http://localhost:\(port)/keys", bytesMax: 4_096, authorities: authority)
    }
    #expect(throws: PullError.self) { try HTTPSDocument.fetch("https://localhost:1/keys", bytesMax: 4_096) }
  }
}
