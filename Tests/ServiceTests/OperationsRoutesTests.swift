import BSON
import FoundationEssentials
import Testing

@testable import Service

@Suite struct OperationsRoutesTests {
  let client: TestClient
  init() throws { client = try Shop.client }

  @Test(arguments: ["/livez", "/healthz", "/readyz", "/startupz"]) func `probes answer whatever is in their query`(
    _ path: String
  ) {
    for target in [path, path + "?", path + "?verbose&verbose=1&x=%00%FF"] {
      let answer = client.get(target)
      #expect(answer.status == 200, "\(target)")
      #expect(answer.field("Cache-Control") == "no-store")
    }
    let head = client.send("HEAD", path)
    #expect(head.status == 200 && head.body.isEmpty)
  }

  @Test func `limits have names and numbers`() {
    let limits = client.get("/limits")
    for (name, value) in [
      ("bodyBytesMax", 8 * 1_048_576), ("listLimitMax", 500), ("ingestItemsMax", 10_000), ("headTimeoutMs", 10_000),
      ("batchGetIdsMax", 500), ("jsonDepthMax", 64),
    ] { #expect(limits.json.int(name) == value, "\(name)") }
  }

  @Test func `the description is the file of the repository`() throws {
    let answer = client.get("/openapi.yaml")
    #expect(answer.status == 200 && answer.field("Content-Type") == "application/yaml")
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let file = try Data(contentsOf: URL(filePath: "/\(root)/openapi.yaml"))
    #expect(answer.body == Array(file))
    #expect(client.get("/openapi.yaml", ["If-None-Match": answer.field("ETag") ?? ""]).status == 304)
  }

  @Test func `the page for people fetches nothing from elsewhere`() {
    let page = client.get("/docs")
    #expect(page.status == 200 && page.field("Content-Type")?.hasPrefix("text/html") == true)
    #expect(page.field("Content-Security-Policy")?.hasPrefix("default-src 'self'") == true)
    #expect(page.text.contains("/customers/{id}"))
    let root = client.get("/")
    #expect(root.status == 303 && root.field("Location") == "/docs")
  }

  @Test func `metrics name routes by their pattern, never by an id`() {
    _ = client.get("/customers/\(Shop.adaId)")
    _ = client.get("/nowhere/\(Shop.adaId)")
    let answer = client.get("/metrics")
    #expect(answer.status == 200 && answer.field("Content-Type")?.hasPrefix("text/plain") == true)
    let text = answer.text
    #expect(!text.contains(Shop.adaId))
    #expect(
      text.contains(
        "http_server_request_duration_seconds_count{method=\"GET\",route=\"/customers/{id}\",status=\"200\"}"))
    #expect(text.contains("route=\"unmatched\",status=\"404\""))
    for name in [
      "http_server_active_requests", "http_server_open_connections", "process_resident_memory_bytes",
      "process_cpu_seconds_total", "process_open_fds", "process_start_time_seconds",
      "customer360_build_info",
      "customer360_projection_freshness_seconds", "customer360_database_available",
      "customer360_ingest_items_total{kind=\"events\",outcome=\"accepted\"}",
    ] { #expect(text.contains("\n\(name)") || text.hasPrefix(name), "\(name)") }
    let families = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
    #expect(Set(families).count == families.count, "each family stands once")
  }

  @Test func `products answer under the name of their source`() {
    let lamp = client.get("/products/P1")
    #expect(lamp.json.string("productName") == "Lamp")
    #expect(lamp.json.document("attributes")?.string("colour") == "red")
    for hidden in ["_id", "version", "contentHash"] { #expect(!lamp.json.contains(hidden)) }
    #expect(client.get("/products/P1", ["If-None-Match": lamp.field("ETag") ?? ""]).status == 304)
  }

  @Test func `an answer says which request it was`() {
    let answer = client.get("/nowhere", ["X-Request-Id": "abc-123"])
    #expect(answer.field("X-Request-Id") == "abc-123")
    #expect(answer.json.string("requestId") == "abc-123")
    #expect(answer.field("X-Content-Type-Options") == "nosniff")
  }
}
