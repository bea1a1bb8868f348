import BSON
import Testing

@testable import Service

@Suite struct EndpointRoutesTests {
  let client: TestClient
  let check: SchemaCheck

  init() throws {
    client = try Trained.started.get().client
    check = try SchemaCheck()
  }

  private func send(_ method: String, _ path: String, _ body: String = "") -> Answer {
    client.send(method, path, body.isEmpty ? [:] : ["Content-Type": "application/json"], Array(body.utf8))
  }

  @Test func `an endpoint is set, asked, looked at and removed`() throws {
    let set = send("PUT", "/endpoints/blue", #"{"trafficSplit":{"1":100},"model":"kmeans","shadow":"kmeans:1"}"#)
    #expect(check.faults(of: set, "PUT", "/endpoints/{id}") == [], "\(set.text)")
    #expect(set.json.document("trafficSplit")?.int("kmeans:1") == 100)
    #expect(client.get("/endpoints").items.contains { $0.string("id") == "blue" })
    #expect(check.faults(of: client.get("/endpoints"), "GET", "/endpoints") == [])
    #expect(check.faults(of: client.get("/endpoints/blue"), "GET", "/endpoints/{id}") == [])
    let body = "{\"instances\":[{\"customerId\":\"\(Trained.customerId(1))\"}]}"
    let answer = client.post("/endpoints/blue:predict", body)
    #expect(check.faults(of: answer, "POST", "/endpoints/{id}:predict") == [], "\(answer.text)")
    #expect(answer.json.string("deployedModelId") == "kmeans:1")
    let report = client.get("/endpoints/blue/shadow")
    #expect(check.faults(of: report, "GET", "/endpoints/{id}/shadow") == [], "\(report.text)")
    #expect(report.items.first?.double("agreement") == 1)
    let removed = client.send("DELETE", "/endpoints/blue")
    #expect(removed.status == 204 && removed.body.isEmpty)
    for path in ["/endpoints/blue", "/endpoints/blue/shadow"] {
      #expect(client.get(path).code == "endpoint_not_found", "\(path)")
    }
    #expect(client.post("/endpoints/blue:predict", body).status == 404)
    // A model is an endpoint of its own name.
    #expect(client.post("/endpoints/kmeans:predict", body).status == 200)
  }

  @Test(arguments: [
    (#"{"trafficSplit":{"1":99}}"#, "/trafficSplit"), (#"{"trafficSplit":{"1":100.5}}"#, "/trafficSplit"),
    (#"{"trafficSplit":[]}"#, "/trafficSplit"), ("{}", "/trafficSplit"), (#"{"shadow":1}"#, "/shadow"),
    (#"{"trafficSplit":{"kmeans:1":50,"matrix_factorization:1":50}}"#, "/trafficSplit"),
    (#"{"traffic":{}}"#, "/traffic"),
  ])
  func `a body at fault is refused by field`(body: String, pointer: String) {
    let answer = send("PUT", "/endpoints/kmeans", body)
    #expect(answer.status == 400, "\(answer.text)")
    #expect(answer.json.array("errors")?.first { _ in true }?.documentValue?.string("pointer") == pointer)
    #expect(check.faults(of: answer, "PUT", "/endpoints/{id}") == [])
  }

  @Test func `aliases, rollback, versions, plans and jobs are routes`() throws {
    let base = "/models/kmeans"
    let versions = client.get(base + "/versions")
    #expect(check.faults(of: versions, "GET", "/models/{name}/versions") == [], "\(versions.text)")
    #expect(versions.items.map { $0.string("version") } == ["1"])
    #expect(versions.items.first?.document("gate")?.bool("passed") == true)
    let set = send("PUT", base + "/aliases/steady", #"{"version":"1"}"#)
    #expect(check.faults(of: set, "PUT", "/models/{name}/aliases/{alias}") == [], "\(set.text)")
    #expect(client.get(base + "/versions/steady").json.string("version") == "1")
    #expect(send("PUT", base + "/aliases/steady", #"{"version":"9"}"#).code == "version_not_found")
    #expect(send("PUT", base + "/aliases/previous", #"{"version":"1"}"#).code == "alias_reserved")
    #expect(client.send("DELETE", base + "/aliases/default").code == "alias_reserved")
    #expect(client.send("DELETE", base + "/aliases/steady").status == 200)
    #expect(client.post(base + ":rollback", "").code == "version_not_found")
    #expect(client.post("/models/none:rollback", "").code == "model_not_found")
    for model in ["kmeans", "matrix_factorization"] {
      let plan = client.post("/models/\(model):plan", "")
      #expect(check.faults(of: plan, "POST", "/models/{name}:plan") == [], "\(plan.text)")
      #expect(plan.json.bool("fits") == true)
    }
    #expect(client.post(base + ":plan", #"{"options":{"NUM_CLUSTERS":101}}"#).code == "invalid_option")
    let jobs = client.get("/jobs?model=kmeans")
    #expect(check.faults(of: jobs, "GET", "/jobs") == [], "\(jobs.text)")
    let done = try #require(jobs.items.last?.string("id"))
    let cancelled = client.post("/jobs/\(done):cancel", "")
    #expect(cancelled.status == 409 && cancelled.code == "job_ended")
    #expect(check.faults(of: cancelled, "POST", "/jobs/{id}:cancel") == [])
    #expect(client.post("/jobs/none:cancel", "").code == "job_not_found")
  }

  @Test func `drift and schedules are routes`() throws {
    let drift = client.get("/models/kmeans/drift")
    #expect(check.faults(of: drift, "GET", "/models/{name}/drift") == [], "\(drift.text)")
    #expect(drift.json.string("level") == "stable")
    let other = client.get("/models/rfm/drift")
    #expect(check.faults(of: other, "GET", "/models/{name}/drift") == [], "\(other.text)")
    #expect(other.json["clusters"] == nil)
    let path = "/models/rfm/schedule"
    #expect(client.get(path).code == "schedule_not_found")
    let set = send("PUT", path, #"{"every":"30d"}"#)
    #expect(check.faults(of: set, "PUT", "/models/{name}/schedule") == [], "\(set.text)")
    #expect(check.faults(of: client.get(path), "GET", "/models/{name}/schedule") == [])
    #expect(client.get(path).json.int("everySeconds") == 30 * 86_400)
    #expect(client.send("DELETE", path).status == 204 && client.get(path).status == 404)
    for (body, pointer) in [
      (#"{"every":"1s"}"#, "/every"), ("{}", "/every"), (#"{"every":"7d","options":{"X":1}}"#, "/options/X"),
    ] {
      let answer = send("PUT", path, body)
      #expect(answer.json.array("errors")?.first { _ in true }?.documentValue?.string("pointer") == pointer, "\(body)")
    }
  }
}
