import BSON
import Testing

@testable import Service

@Suite struct ModelRoutesTests {
  let client: TestClient
  init() throws { client = try Trained.started.get().client }

  @Test func `a job says how it went`() throws {
    let version = client.get("/models/kmeans/versions/1").json
    let job = client.get("/jobs/\(version.string("jobId") ?? "")")
    #expect(job.status == 200, "\(job.text)")
    #expect(job.json.string("state") == "succeeded" && job.json.string("version") == "1")
    #expect(job.json.double("progress") == 1)
    #expect(client.get("/jobs/none").status == 404)
  }

  @Test func `models and versions are listed, evaluated and carded`() throws {
    #expect(client.get("/models").items.compactMap { $0.string("name") } == ["kmeans", "matrix_factorization", "rfm"])
    let page = client.get("/models?limit=1")
    #expect(client.get("/models?cursor=\(page.nextCursor ?? "")").items.first?.string("name") == "matrix_factorization")
    for model in ["kmeans", "matrix_factorization"] {
      let base = "/models/\(model)/versions/1"
      for path in [base, base + "/evaluate", base + "/card", "/models/\(model)/versions/default", "/models/\(model)"] {
        let answer = client.get(path)
        #expect(answer.status == 200, "\(path) \(answer.text)")
        #expect(client.get(path, ["If-None-Match": answer.field("ETag") ?? ""]).status == 304)
      }
      #expect(client.get("/models/\(model)/versions/2").status == 404)
    }
    #expect(client.get("/models/kmeans/versions/1/evaluate").json.double("davies_bouldin_index") != nil)
    #expect(client.get("/models/none").code == "model_not_found")
    #expect(client.get("/models/kmeans/versions/9999999999999999999").status == 404)
  }

  @Test func `metrics tell which version serves and how old it is`() {
    let metrics = client.get("/metrics").text
    for model in ["kmeans", "matrix_factorization"] {
      #expect(metrics.contains("customer360_model_version{model=\"\(model)\"} 1\n"))
      #expect(metrics.contains("customer360_model_age_seconds{model=\"\(model)\"} "))
    }
  }

  @Test func `centroids belong to a clustering`() {
    let centroids = client.get("/models/kmeans/versions/1/centroids").items
    #expect(centroids.map { $0.int("centroid_id") } == [1, 2, 3, 4])
    let first = client.get("/models/kmeans/versions/1/centroids?limit=3")
    let rest = client.get("/models/kmeans/versions/1/centroids?cursor=\(first.nextCursor ?? "")")
    #expect(first.items + rest.items == centroids)
    #expect(client.get("/models/matrix_factorization/versions/1/centroids").status == 400)
  }

  @Test func `predictions have the shape of Vertex AI`() throws {
    let instances =
      "{\"instances\":[{\"customerId\":\"\(Trained.customerId(0))\"},{\"customerId\":\"\(Trained.customerId(3))\"}]}"
    for path in ["/models/kmeans:predict", "/models/kmeans/versions/1:predict"] {
      let answer = client.post(path, instances)
      #expect(answer.status == 200, "\(answer.text)")
      let predictions = answer.json.array("predictions")?.compactMap(\.documentValue) ?? []
      #expect(predictions.count == 2)
      #expect(predictions.allSatisfy { (1...4).contains($0.int("nearest_centroid_id") ?? 0) })
      #expect(answer.json.string("modelVersionId") == "1")
    }
    let products = client.post("/models/matrix_factorization:predict", #"{"instances":[{"userId":"M1","n":3}]}"#)
    let items = products.json.array("predictions")?.first { _ in true }?.documentValue?.array("items")
    #expect(items?.count == 3, "\(products.text)")
  }

  @Test func `an instance at fault is pointed at`() throws {
    let answer = client.post(
      "/models/matrix_factorization:predict", #"{"instances":[{"userId":"M1"},{"userId":{"$ne":1}}]}"#)
    #expect(answer.status == 400 && answer.code == "invalid_instance")
    let fault = answer.json.array("errors")?.first { _ in true }?.documentValue
    #expect(fault?.string("pointer") == "/instances/1/userId" && fault?.int("index") == 1)
    let many = "{\"instances\":[" + String(repeating: "{\"userId\":\"M1\"},", count: 1000) + "{\"userId\":\"M1\"}]}"
    #expect(client.post("/models/matrix_factorization:predict", many).status == 413)
    #expect(client.post("/models/none:predict", #"{"instances":[{}]}"#).status == 404)
    #expect(client.post("/models/kmeans:train", #"{"options":{"NUM_CLUSTERS":1}}"#).code == "invalid_option")
    #expect(client.post("/models/unheard_of:train", "{}").code == "invalid_option")
    #expect(client.post("/models/a%20b:train", "{}").code == "invalid_model_name")
  }

  @Test func `a plan refuses what a training would`() {
    #expect(client.post("/models/kmeans:plan", #"{"seed":7}"#).status == 200)
    for (body, pointer) in [
      (#"{"seed":1.5}"#, "/seed"), (#"{"seed":"1"}"#, "/seed"),
      (#"{"options":{"NUM_CLUSTERS":1}}"#, "/options/NUM_CLUSTERS"),
    ] {
      for verb in ["plan", "train"] {
        let answer = client.post("/models/kmeans:\(verb)", body)
        #expect(answer.status == 400 && answer.text.contains("\"\(pointer)\""), "\(verb) \(body) \(answer.text)")
      }
    }
  }

  @Test func `segments have names, members and counts that agree`() throws {
    let segments = client.get("/segments").items
    #expect(segments.count == 4)
    #expect(segments.first?.string("name") == "Platinum")
    var members: [String] = []
    for segment in segments {
      let id = try #require(segment.string("id"))
      #expect(client.get("/segments/\(id)").json.string("name") == segment.string("name"))
      var cursor: String?
      var count = 0
      repeat {
        let page = client.get("/segments/\(id)/members?limit=7" + (cursor.map { "&cursor=\($0)" } ?? ""))
        #expect(page.status == 200)
        members += page.items.compactMap { $0.string("customerId") }
        count += page.items.count
        cursor = page.nextCursor
      } while cursor != nil
      #expect(client.get("/segments/\(id)/count").json.int("count") == count)
    }
    #expect(members.count == Trained.customers && Set(members).count == members.count)
    #expect(client.get("/segments/none").status == 404 && client.get("/segments/none/members").status == 404)
  }

  @Test func `a customer has a segment and recommendations`() throws {
    let id = Trained.customerId(3)
    let segment = try #require(client.get("/customers/\(id)/segments").items.first)
    #expect(segment.string("action")?.isEmpty == false)
    let answer = client.get("/customers/\(id)/recommendations?n=5&explain=true&exclude_purchased=0")
    #expect(answer.status == 200 && answer.items.count == 5, "\(answer.text)")
    #expect(answer.items.map { $0.int("rank") } == [1, 2, 3, 4, 5])
    #expect(answer.json.string("model") == "matrix_factorization" && answer.json["nextCursor"] == .null)
    let cheap = client.get("/customers/\(id)/recommendations?max_price=8&category=c0&exclude=p1,p2&in_stock=false")
    #expect(cheap.items.allSatisfy { ["p0", "p3"].contains($0.string("productId")) })
    let expanded = client.get("/customers/\(id)?expand=recommendations,segments&fields=customerId").json
    #expect(expanded.document("recommendations")?.array("items")?.isEmpty == false)
    #expect(expanded.document("segments")?.array("items")?.count == 1)
    for query in ["n=0", "n=101", "max_price=-1", "max_price=1e3", "in_stock=yes", "exclude_purchased=90", "explain=1"]
    {
      #expect(client.get("/customers/\(id)/recommendations?\(query)").code == "invalid_parameter", "\(query)")
    }
  }

  @Test func `scores land on the customer`() throws {
    let id = Trained.customerId(3)
    let scores = client.get("/customers/\(id)/scores")
    #expect(scores.status == 200 && scores.items.count == 1, "\(scores.text)")
    let score = scores.items.first
    #expect(score?.string("model") == "rfm" && score?.document("score")?.string("code")?.count == 3)
    let expanded = client.get("/customers/\(id)?expand=scores").json
    #expect(expanded.document("scores")?.array("items")?.first { _ in true }?.documentValue == score)
    #expect(client.get("/customers/none/scores").status == 404)
    let answer = client.post("/models/rfm:predict", "{\"instances\":[{\"userId\":\"M3\"}]}")
    #expect(answer.json.array("predictions")?.first { _ in true }?.documentValue == score?.document("score"))
  }

  @Test func `similar products come with their scores`() {
    let answer = client.get("/products/p0/similar?n=3")
    #expect(answer.status == 200 && answer.items.count == 3, "\(answer.text)")
    #expect(!answer.items.contains { $0.string("productId") == "p0" })
    #expect(client.get("/products/none/similar").status == 404)
  }

  @Test func `without a model a customer has no recommendations but is there`() throws {
    let answer = try Shop.client.get("/customers/\(Shop.adaId)/recommendations")
    #expect(answer.status == 200 && answer.items.isEmpty)
    #expect(answer.json.string("fallback") == "no_model")
    let similar = try Shop.client.get("/products/P1/similar")
    #expect(similar.status == 200 && similar.json.string("fallback") == "no_model")
  }
}
