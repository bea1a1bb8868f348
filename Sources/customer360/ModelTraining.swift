import BSON
import Glibc
import LoadClient

/// Trains a model in a running service over its API and follows the job to its end.
struct ModelTraining {
  let client: ServiceClient
  let line = ProgressLine()

  /// What a training would take, as JSON.
  func plan(_ model: String, body: String) throws -> String {
    let plan = try document(client.post("/models/\(model):plan", json: body))
    var json: [UInt8] = []
    JSONEncoding.append(plan, to: &json)
    return String(decoding: json, as: UTF8.self)
  }

  /// Returns the version that was made. `body` is the JSON of the request.
  func train(_ model: String, body: String) throws -> String {
    let job = try document(client.post("/models/\(model):train", json: body))
    guard let id = job.string("jobId") ?? job.string("id") else { throw Failure("the service names no job") }
    while true {
      let state = try document(client.get("/jobs/\(id)"))
      switch state.string("state") {
      case "succeeded":
        let version = state.string("version") ?? state.string("modelVersionId") ?? "?"
        line.end("\(model): version \(version) trained")
        return version
      case "failed", "cancelled":
        throw Failure("\(model): training \(state.string("state") ?? ""): \(reason(in: state))")
      default:
        let progress = state.double("progress").map { " \(Int(($0 * 100).rounded())) %" } ?? ""
        line.show("\(model): \(state.string("state") ?? "")\(progress)")
        usleep(200_000)
      }
    }
  }

  private func reason(in state: BSONDocument) -> String {
    state.string("error") ?? state.document("error")?.string("detail") ?? state.document("error")?.string("message")
      ?? "no reason given"
  }

  /// The answer as a document, or the problem as an error.
  private func document(_ answer: ServiceClient.Answer) throws -> BSONDocument {
    guard let document = try? JSONDecoding.document(from: answer.body.span) else {
      throw Failure("the service answers \(answer.status) without JSON")
    }
    guard answer.status < 300 else {
      throw Failure("\(answer.status) \(document.string("code") ?? ""): \(document.string("detail") ?? "")")
    }
    return document
  }
}
