import HTTPServer
import Logging

/// What a request passes on its way to a handler of one route, and an error on its way back.
struct Door: Sendable {
  let pattern: String
  let access: RouteAccess
  /// Query parameters that the route takes.
  let query: [String]
  let gate: Gate
  let metrics: RequestMetrics
  let log: Logger

  /// Lets a request in, and turns what goes wrong into a problem.
  func pass(_ request: HTTPRequest, to handler: (Call) throws -> HTTPResponse) throws -> HTTPResponse {
    try metrics.counting {
      do {
        let call = try admitted(request)
        return call.marked(try handler(call))
      } catch {
        throw problem(for: error, of: request)
      }
    }
  }

  /// The same on a connection's loop, where nothing may block: a caller whose key is not in memory, and whatever `handler` leaves, is
  /// nil and for a worker.
  func passQuickly(_ request: HTTPRequest, to handler: (Call) throws -> HTTPResponse?) throws -> HTTPResponse? {
    guard case .caller? = request.principal as? Credential else { return nil }
    do {
      let call = try admitted(request)
      return try handler(call).map { call.marked($0) }
    } catch {
      throw problem(for: error, of: request)
    }
  }

  /// Lets several requests in that are answered together. One that is refused does not touch the others; an error of the
  /// handler is the answer to all that it was to answer.
  func pass(
    _ requests: [HTTPRequest], to handler: ([Call]) throws -> [HTTPResponse?]
  ) -> [Result<HTTPResponse, any Error>?] {
    metrics.counting(requests.count) {
      var results = [Result<HTTPResponse, any Error>?](repeating: nil, count: requests.count)
      var calls: [(position: Int, call: Call)] = []
      for (position, request) in requests.enumerated() {
        do {
          calls.append((position, try admitted(request)))
        } catch {
          results[position] = .failure(problem(for: error, of: request))
        }
      }
      do {
        let responses = try handler(calls.map(\.call))
        for ((position, call), response) in zip(calls, responses) {
          results[position] = response.map { .success(call.marked($0)) }
        }
      } catch {
        for (position, call) in calls { results[position] = .failure(problem(for: error, of: call.request)) }
      }
      return results
    }
  }

  private func admitted(_ request: HTTPRequest) throws -> Call {
    let call = try gate.admit(request, access)
    try checkQuery(request.query, allows: query)
    return call
  }

  private func problem(for error: any Error, of request: HTTPRequest) -> Problem {
    let problem = Problem(for: error)
    if problem.status.rawValue >= 500, !(error is Problem) {
      log.warning(
        "request failed",
        metadata: ["request_id": "\(request.requestID)", "route": "\(pattern)", "error": "\(error)"])
    }
    return problem
  }
}

extension Call {
  /// An answer that says what the caller's key has left, where keys are limited.
  fileprivate func marked(_ response: HTTPResponse) -> HTTPResponse {
    guard let allowance = caller.allowance else { return response }
    return allowance.fields.reduce(response) { $0.with($1.name, $1.value) }
  }
}
