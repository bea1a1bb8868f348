import BSON

/// The service's answer to a batch that it could read.
struct BatchAnswer: Equatable {
  /// An item that was not stored.
  struct ItemError: Equatable {
    var index: Int
    var code: String
    var field: String?
    var reason: String
    var isRetryable: Bool
  }

  var received: Int
  var accepted: Int
  var duplicates: Int
  var errors: [ItemError]

  /// Reads the answer's JSON; nil when it is not such an answer.
  init?(parsing json: [UInt8]) {
    guard let document = try? JSONDecoding.document(from: json.span), let received = document.int("received"),
      let accepted = document.int("accepted"), let duplicates = document.int("duplicates")
    else { return nil }
    self.received = received
    self.accepted = accepted
    self.duplicates = duplicates
    errors = []
    for value in document.array("errors") ?? BSONArray() {
      guard let error = value.documentValue, let index = error.int("index") else { return nil }
      let code = error.string("code") ?? "rejected"
      let words = code.split(separator: "_").joined(separator: " ")
      errors.append(
        ItemError(
          index: index, code: code, field: error.string("field"), reason: error.string("detail") ?? words,
          isRetryable: error.bool("retryable") ?? false))
    }
  }
}

/// The service's refusal of a whole request (RFC 9457).
struct ProblemAnswer: Equatable {
  var code: String
  var reason: String

  /// Reads the problem's JSON, or makes do with the status.
  init(status: Int, parsing json: [UInt8]) {
    let document = try? JSONDecoding.document(from: json.span)
    code = document?.string("code") ?? "http_\(status)"
    reason = document?.string("detail") ?? document?.string("title") ?? "status \(status)"
  }
}
