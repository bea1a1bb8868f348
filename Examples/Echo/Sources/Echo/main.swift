import Dispatch
import HTTPServer

// curl http://127.0.0.1:8080/hello/world
// curl --json '{"a":1}' http://127.0.0.1:8080/echo

var router = Router()
router.on(.get, "/hello/{name}", run: .onLoop) { request in
  .text("Hello, \(request.parameter("name"))\n")
}
router.on(.post, "/echo", run: .onLoop) { request in
  .json(request.body)
}

let server = HTTPServer(configuration: .init(listen: .tcp(host: "127.0.0.1", port: 8080)))
try server.start(router)
print("listening on port \(server.port)")
dispatchMain()
