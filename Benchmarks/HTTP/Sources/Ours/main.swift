import Dispatch
import Glibc
import HTTPServer

// Ours PORT [CERTIFICATE KEY]: 200 bytes of JSON from memory on /, the same by way of a worker on /worker.

let arguments = CommandLine.arguments
let port = arguments.count > 1 ? Int(arguments[1]) ?? 0 : 0
let tls =
  arguments.count > 3
  ? HTTPServerConfiguration.TLS(certificateFile: arguments[2], privateKeyFile: arguments[3]) : nil
var limits = HTTPLimits()
limits.connectionsPerAddressMax = 0
let body = Array(("{\"text\":\"" + String(repeating: "x", count: 189) + "\"}").utf8)

var router = Router()
router.on(.get, "/", run: .onLoop, options: .init(isPublic: true)) { _ in .json(body) }
router.on(.get, "/worker", options: .init(isPublic: true)) { _ in .json(body) }
router.on(.post, "/echo", options: .init(isPublic: true)) { .json($0.body) }
router.on(.get, "/big", options: .init(isPublic: true, compresses: false)) { _ in
  .json([UInt8](repeating: 120, count: 8_000_000))
}

let server = HTTPServer(configuration: .init(listen: .tcp(host: "127.0.0.1", port: port), tls: tls, limits: limits))
try server.start(router)
print("listening on port \(server.port)")

signal(SIGHUP, SIG_IGN)
let hangUp = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .main)
hangUp.setEventHandler { try? server.reloadCertificates() }
hangUp.resume()
signal(SIGTERM, SIG_IGN)
let terminate = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .main)
terminate.setEventHandler {
  let isClean = server.drain()
  print("requests \(server.counters.requests)")
  exit(isClean ? 0 : 1)
}
terminate.resume()
dispatchMain()
