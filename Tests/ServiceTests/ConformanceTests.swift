import Testing

@testable import Service

/// Answers hold only what `openapi.yaml` describes, field by field.
@Suite struct ConformanceTests {
  private let check: SchemaCheck

  init() throws { check = try SchemaCheck() }

  @Test func `the check finds what is not described`() throws {
    let product = try Shop.client.get("/products/P1")
    #expect(check.faults(of: product, "GET", "/livez").contains("/productId is not described"))
    #expect(check.faults(of: product, "GET", "/livez").contains("/status is missing"))
    #expect(check.faults(of: product, "GET", "/segments/{id}").contains("/id is missing"))
    var wrong = product
    wrong.status = 418
    #expect(check.faults(of: wrong, "GET", "/products/{id}") == ["418 is not described"])
  }

  @Test func `what is shown of customers is what is described`() throws {
    let client = try Shop.client
    let base = "/customers/{id}"
    let bodies: [(pattern: String, path: String)] = [
      (base, "?expand=orders,events,interactions,segments,recommendations,scores"), (base + "/scores", ""),
      (base, "?fields=firstName"), (base + "/timeline", ""),
      (base + "/orders", "?limit=1"), (base + "/interactions", "?limit=1"), (base + "/events", "?limit=2"),
      (base + "/identities", ""),
      (base + "/segments", ""), (base + "/recommendations", ""), (base, "?fields=nothing"),
      (base + "/orders", "?limit=0"),
    ]
    for id in [Shop.adaId, Shop.adaFormerId, Shop.bobId, "nobody"] {
      for (pattern, suffix) in bodies {
        let path = "/customers/\(id)" + pattern.dropFirst(base.count) + suffix
        #expect(check.faults(of: client.get(path), "GET", pattern) == [], "\(path)")
      }
    }
    for path in ["phone=%2B15550100199", "email=nobody@example.com", "", "x=1"] {
      let answer = client.get("/customers/lookup?\(path)")
      #expect(check.faults(of: answer, "GET", "/customers/lookup") == [], "\(path)")
    }
    for body in ["{\"ids\":[\"\(Shop.adaId)\",\"x\"]}", "{}", "{\"ids\":[1]}", "["] {
      let answer = client.post("/customers:batchGet", body)
      #expect(check.faults(of: answer, "POST", "/customers:batchGet") == [], "\(body)")
    }
  }

  @Test func `what is shown beside customers is what is described`() throws {
    let client = try Shop.client
    for (pattern, path) in [
      ("/products/{id}", "/products/P1"), ("/products/{id}", "/products/none"),
      ("/products/{id}/similar", "/products/P1/similar"), ("/limits", "/limits"), ("/livez", "/livez"),
      ("/readyz", "/readyz"), ("/", "/"), ("/docs", "/docs"), ("/metrics", "/metrics"),
      ("/openapi.yaml", "/openapi.yaml"),
      ("/segments/{id}", "/segments/none"), ("/models/{name}", "/models/none"), ("/jobs/{id}", "/jobs/none"),
    ] {
      #expect(check.faults(of: client.get(path), "GET", pattern) == [], "\(path)")
    }
    for (body, type) in [
      ("[{}]", "application/json"), ("", "text/csv"), ("[", "application/json"), ("x", "text/plain"),
    ] {
      for mode in ["partial", "atomic", "none"] {
        let answer = client.post("/ingest/orders?mode=\(mode)", body, type: type)
        #expect(check.faults(of: answer, "POST", "/ingest/orders") == [], "\(body) \(mode)")
      }
    }
  }

  @Test func `what models say is what is described`() throws {
    let client = try Trained.started.get().client
    for model in ["kmeans", "matrix_factorization"] {
      for suffix in [
        "", "/versions/1", "/versions/1/evaluate", "/versions/1/card", "/versions/1/centroids", "/versions/7",
      ] {
        let pattern = "/models/{name}" + suffix.replacingVersion
        #expect(check.faults(of: client.get("/models/\(model)\(suffix)"), "GET", pattern) == [], "\(model)\(suffix)")
      }
      let body = "{\"instances\":[{\"customerId\":\"\(Trained.customerId(1))\"}]}"
      #expect(check.faults(of: client.post("/models/\(model):predict", body), "POST", "/models/{name}:predict") == [])
    }
    let job = client.get("/models/kmeans/versions/1").json.string("jobId") ?? ""
    let id = Trained.customerId(2)
    let segment = client.get("/segments").items.first?.string("id") ?? ""
    for (pattern, path) in [
      ("/models", "/models"), ("/jobs/{id}", "/jobs/\(job)"), ("/segments", "/segments"),
      ("/segments/{id}", "/segments/\(segment)"), ("/segments/{id}/members", "/segments/\(segment)/members?limit=1"),
      ("/segments/{id}/count", "/segments/\(segment)/count"), ("/customers/{id}/segments", "/customers/\(id)/segments"),
      ("/customers/{id}/scores", "/customers/\(id)/scores"),
      ("/customers/{id}/recommendations", "/customers/\(id)/recommendations?explain=true"),
      ("/customers/{id}", "/customers/\(id)?expand=recommendations,segments,scores"),
      ("/products/{id}/similar", "/products/p1/similar"),
    ] {
      #expect(check.faults(of: client.get(path), "GET", pattern) == [], "\(path)")
    }
    #expect(check.faults(of: client.post("/models/kmeans:train", "{\"x\":1}"), "POST", "/models/{name}:train") == [])
  }
}

extension String {
  /// The version's number as its parameter.
  fileprivate var replacingVersion: String {
    guard hasPrefix("/versions/") else { return self }
    return "/versions/{version}" + dropFirst("/versions/1".count)
  }
}
