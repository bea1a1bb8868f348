import FlyingFox
import FlyingSocks
import Foundation

let port = CommandLine.arguments.count > 1 ? UInt16(CommandLine.arguments[1]) ?? 0 : 0
let body = Data(("{\"text\":\"" + String(repeating: "x", count: 189) + "\"}").utf8)
let server = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: port), logger: .disabled)
await server.appendRoute("/") { _ in
  HTTPResponse(statusCode: .ok, headers: [.contentType: "application/json"], body: body)
}
try await server.run()
