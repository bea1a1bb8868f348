import BSON
import MongoDB
import MongoTesting
import Store
import Testing

@testable import Service

/// A service with a key of every scope.
private enum Guarded {
  static let started: Result<(service: RunningService, keys: [KeyScope: String]), any Error> = Result {
    let running = try RunningService(try TestDatabase.fresh())
    try running.waitUntilReady()
    var keys: [KeyScope: String] = [:]
    for scope in KeyScope.allCases { keys[scope] = try running.addKey([scope]) }
    try wait(for: "the keys to be known") { running.client.get("/segments").status == 401 }
    return (running, keys)
  }
}

@Suite struct AuthenticationTests {
  let running: RunningService
  let keys: [KeyScope: String]

  init() throws { (running, keys) = try Guarded.started.get() }

  /// Every route but the probes, with a path that its pattern matches.
  private var guarded: [(method: String, path: String, access: RouteAccess)] {
    running.service.routes.router.routes.compactMap { route in
      guard let access = running.service.routes.access[ObjectIdentifier(route)], access != .everybody else {
        return nil
      }
      let path = route.parameterNames.reduce(route.pattern) {
        $0.split(separator: "{\($1)}").joined(separator: "x") + ($0.hasSuffix("}") ? "x" : "")
      }
      return (route.method.rawValue, path, access)
    }
  }

  private func call(_ client: TestClient, _ method: String, _ path: String, _ fields: [String: String] = [:]) -> Answer
  {
    method == "POST"
      ? client.send(method, path, fields.merging(["Content-Type": "application/json"]) { $1 }, Array("[]".utf8))
      : client.send(method, path, fields)
  }

  @Test func `every route but the probes needs a key`() {
    #expect(guarded.count == RouteAccess.table.count - 4)
    for route in guarded {
      let answer = call(running.client, route.method, route.path)
      #expect(answer.status == 401, "\(route.method) \(route.path)")
      #expect(answer.field("WWW-Authenticate")?.hasPrefix("Bearer") == true)
      #expect(answer.field("Content-Type") == "application/problem+json")
    }
    for path in ["/livez", "/readyz", "/startupz", "/healthz"] { #expect(running.client.get(path).status == 200) }
  }

  @Test func `every scope reaches its routes and no other`() throws {
    for route in guarded {
      for scope in KeyScope.allCases {
        let answer = call(running.client(try #require(keys[scope])), route.method, route.path)
        if route.access.allows(Caller(keyId: "k", scopes: [scope])) {
          #expect(
            answer.status != 401 && answer.status != 403 && answer.status < 500, "\(scope) \(route) \(answer.text)")
        } else {
          #expect(answer.status == 403, "\(scope) \(route)")
          #expect(answer.code == "missing_scope")
        }
      }
    }
  }

  @Test func `what is not the one good key is a 401`() throws {
    let key = try #require(keys[.admin])
    let other = try #require(keys[.agent])
    let wrongSecret = key.dropLast() + (key.hasSuffix("0") ? "1" : "0")
    for value in [
      "Basic \(key)", "Bearer", "Bearer ", "bearer", key, "Bearer \(key)x", "Bearer \(key.dropLast())",
      "Bearer \(wrongSecret)", "Bearer \(key.uppercased())", "Bearer \(key) \(other)", "Bearer \(key),\(other)",
      "Token \(key)", "Bearer c360_0000_0000000000000000", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer null",
      "Bearer " + String(repeating: "a", count: 9000),
    ] {
      let answer = running.client.get("/limits", ["Authorization": value])
      #expect(answer.status == 401, "\(value) \(answer.status)")
      #expect(answer.field("WWW-Authenticate") != nil)
      #expect(!answer.text.contains(key))
    }
    for path in ["/limits?key=\(key)", "/limits?access_token=\(key)", "/limits?api_key=\(key)"] {
      #expect(running.client.get(path).status == 401)
    }
    let twice =
      "GET /limits HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer \(key)\r\nAuthorization: Bearer \(key)\r\n\r\n"
    #expect(running.client.raw(Array(twice.utf8)).status == 401)
    #expect(running.client.get("/limits", ["Authorization": "bEARER   \(key)"]).status == 200, "a scheme has no case")
  }

  @Test func `a new key works at once and a removed one soon does not`() throws {
    let key = try running.addKey([.agent])
    // Refreshes for strangers are bounded, so the very first call may come too early.
    try wait(for: "the new key", seconds: 3) { running.client(key).get("/limits").status == 200 }
    let id = try #require(APIKeyText(key)).id
    #expect(try running.store.removeAPIKey(id, deadline: .ofTest))
    try wait(for: "the end of the key", seconds: 5) { running.client(key).get("/limits").status == 401 }
  }

  @Test func `a marketer sees no address or number in clear`() throws {
    let admin = running.client(try #require(keys[.admin]))
    let record = """
      [{"source":"crm","sourceId":"9","userId":"U9","email":"zoe@example.com","phone":"+15550100777",
        "address":{"street":"9 High St","city":"Rome"},"attributes":{"alt":"zoe2@example.com"}}]
      """
    #expect(admin.post("/ingest/customers", record).json.int("accepted") == 1)
    let id = IdentifierAssignment.customerId(anchoredAt: "user:U9")
    try wait(for: "the customer") { admin.get("/customers/\(id)").status == 200 }
    let marketer = running.client(try #require(keys[.marketer]))
    let answers = [
      marketer.get("/customers/\(id)"), marketer.get("/customers/\(id)?expand=orders,events"),
      marketer.get("/customers/\(id)/identities"), marketer.post("/customers:batchGet", "{\"ids\":[\"\(id)\"]}"),
    ]
    for answer in answers {
      #expect(answer.status == 200)
      for secret in ["zoe@", "zoe2@", "0100777", "9 High St"] {
        #expect(!answer.text.contains(secret), "\(answer.text)")
      }
      #expect(answer.text.contains("z***@example.com"))
    }
    let agent = running.client(try #require(keys[.agent])).get("/customers/\(id)")
    #expect(agent.json.string("email") == "zoe@example.com")
  }
}

@Suite struct OpenAccessTests {
  @Test func `a service that others can reach refuses everybody until there is a key`() throws {
    let running = try RunningService(try TestDatabase.fresh(), host: "0.0.0.0")
    defer { running.stop() }
    try running.waitUntilReady()
    #expect(running.client.get("/limits").code == "no_keys")
    let key = try running.addKey([.admin])
    try wait(for: "the first key", seconds: 5) { running.client(key).get("/limits").status == 200 }
  }

  @Test func `a service that had a key is never open again`() throws {
    let running = try RunningService(try TestDatabase.fresh())
    defer { running.stop() }
    try running.waitUntilReady()
    #expect(running.client.get("/limits").status == 200)
    let key = try running.addKey([.admin])
    try wait(for: "the key", seconds: 5) { running.client.get("/limits").status == 401 }
    #expect(try running.store.removeAPIKey(try #require(APIKeyText(key)).id, deadline: .ofTest))
    try wait(for: "the end of the key", seconds: 5) { running.client(key).get("/limits").status == 401 }
    #expect(running.client.get("/limits").status == 401)
  }
}
