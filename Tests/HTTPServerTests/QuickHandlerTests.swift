import Testing

@testable import HTTPServer

/// Routes that answer on the loop where memory suffices.
@Suite struct QuickHandlerTests {
  private func server() throws -> TestServer {
    try TestServer(routes: { router, _ in
      router.onQuick(
        .post, "/quick", options: RouteOptions(mediaTypes: [.json], isPublic: true),
        quick: { request in
          switch request.body.count {
          case 0..<3: .text("loop")
          case 3: throw Problem.badRequest("three", "Three bytes are one too many.")
          default: nil
          }
        }, handler: { request in .text("worker \(request.body.count)") })
    })
  }

  private func post(_ body: String) -> String {
    "POST /quick HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  @Test func `what the quick handler answers never reaches the other`() throws {
    let server = try server()
    #expect(try server.ask(post("{}"))?.text == "loop")
    #expect(try server.ask(post("1234"))?.text == "worker 4")
  }

  @Test func `an error of the quick handler is a problem, and the connection goes on`() throws {
    let server = try server()
    let client = try server.client()
    let refused = client.ask(post("123"))
    #expect(refused?.status == 400 && refused?.text.contains("\"three\"") == true)
    #expect(client.ask(post("12"))?.text == "loop")
    #expect(client.ask(post("12345"))?.text == "worker 5")
  }
}
