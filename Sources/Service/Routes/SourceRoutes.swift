import BSON
import HTTPServer
import Ingestion
import Store

/// Single items of the sources: `GET|PUT|PATCH|DELETE` on customer records, products, orders and ratings.
///
/// An item that is there is changed only by somebody who has seen it: `If-Match` names the version (RFC 9110, section
/// 13.1.1), 412 when it is another one by now, 428 when the field is missing. `If-None-Match` (section 13.1.2) makes an item only when
/// there is none.
struct SourceRoutes: Sendable {
  let editor: SourceEditor
  let answers: IngestAnswers

  /// A JSON merge patch (RFC 7396).
  static let mergePatch: MediaType = "application/merge-patch+json"

  private static let view = JSONFieldSelection(dropping: VersionedCollection.ownFields + ["subject", "day"])

  /// Where each kind's items are, and under which names their ids stand in the path.
  static let places: [(kind: IngestKind, pattern: String, parameters: [String])] = [
    (.customers, "/records/{source}/{sourceId}", ["source", "sourceId"]), (.products, "/products/{id}", ["id"]),
    (.orders, "/orders/{id}", ["id"]), (.ratings, "/ratings/{userId}/{productId}", ["userId", "productId"]),
  ]

  func declare(in book: inout RouteBook) {
    for (kind, pattern, parameters) in Self.places {
      book.on(.get, pattern) { try get(SourceEditor.Key(kind, parameters.map($0.parameter)), $0) }
      book.on(.put, pattern) { try put(SourceEditor.Key(kind, parameters.map($0.parameter)), kind, $0) }
      book.on(.patch, pattern, .init(mediaTypes: [Self.mergePatch, .json])) {
        try patch(SourceEditor.Key(kind, parameters.map($0.parameter)), kind, $0)
      }
      book.on(.delete, pattern) { try delete(SourceEditor.Key(kind, parameters.map($0.parameter)), $0) }
    }
  }

  private func get(_ key: SourceEditor.Key, _ call: Call) throws -> HTTPResponse {
    let found = try found(key, call)
    let etag = Self.etag(found.version)
    var fields = HTTPFields.personal
    fields.append("ETag", etag)
    if call.request.ifNoneMatch(etag) { return HTTPResponse(status: .notModified, fields: fields) }
    var json: [UInt8] = []
    JSONEncoding.append(call.personalData.shown(found.document), selection: Self.view, to: &json)
    return .json(json, fields: fields)
  }

  private func put(_ key: SourceEditor.Key, _ kind: IngestKind, _ call: Call) throws -> HTTPResponse {
    let found = try editor.find(key, deadline: call.deadline)
    if let found {
      try checkMatch(call.request, found.version)
    } else if call.request.hasIfMatch {
      // Somebody who names a version does not mean to make the item.
      throw Self.changed
    }
    let edit = try editor.put(
      try body(call), at: key, expecting: found?.version, receivedAt: answers.clock(), deadline: call.deadline)
    return try answer(edit, kind, call)
  }

  private func patch(_ key: SourceEditor.Key, _ kind: IngestKind, _ call: Call) throws -> HTTPResponse {
    let found = try found(key, call)
    try checkMatch(call.request, found.version)
    let edit = try editor.patch(
      try body(call), found, at: key, receivedAt: answers.clock(), deadline: call.deadline)
    return try answer(edit, kind, call)
  }

  private func delete(_ key: SourceEditor.Key, _ call: Call) throws -> HTTPResponse {
    let found = try found(key, call)
    try checkMatch(call.request, found.version)
    guard try editor.delete(key, expecting: found.version, deadline: call.deadline) else { throw Self.changed }
    return .noContent
  }

  private func answer(_ edit: VersionedEdit, _ kind: IngestKind, _ call: Call) throws(Problem) -> HTTPResponse {
    let (status, version): (HTTPStatus, Int)
    switch edit {
    case .created(let made): (status, version) = (.created, made)
    case .replaced(let made), .unchanged(let made): (status, version) = (.noContent, made)
    case .conflict: throw Self.changed
    }
    answers.metrics.record(edit, of: kind)
    var response = HTTPResponse(status: status, fields: ["ETag": Self.etag(version), "Cache-Control": "no-store"])
    if status == .created { response.fields.append("Location", call.request.path) }
    return response
  }

  private func found(_ key: SourceEditor.Key, _ call: Call) throws -> SourceEditor.Found {
    guard let found = try editor.find(key, deadline: call.deadline) else {
      throw Problem.notFound("There is no such item.")
    }
    return found
  }

  private func body(_ call: Call) throws -> BSONDocument {
    guard !call.request.body.isEmpty else { throw Problem.badRequest("missing_body", "The body is empty.") }
    return try JSONDecoding.document(from: call.request.body.span, limits: JSONLimits(allowsNULInStrings: false))
  }

  /// Holds the fields of a request against the version that is there, in the order of RFC 9110 section 13.2.2.
  private func checkMatch(_ request: HTTPRequest, _ version: Int) throws(Problem) {
    let etag = Self.etag(version)
    guard request.ifMatch(etag) else { throw Self.changed }
    guard !request.ifNoneMatch(etag) else { throw Self.exists }
    guard request.hasIfMatch else {
      throw Problem(
        .preconditionRequired, "if_match_required",
        detail: "The item is there: say by If-Match which version you have seen.")
    }
  }

  private static func etag(_ version: Int) -> String { "\"v\(version)\"" }

  private static let changed = Problem(
    .preconditionFailed, "version_changed", detail: "The item is of another version by now. Look at it again.")

  private static let exists = Problem(
    .preconditionFailed, "item_exists", detail: "The item is there, and If-None-Match asks that it is not.")
}
