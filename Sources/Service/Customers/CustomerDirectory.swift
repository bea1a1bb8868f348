import BSON
import HTTPServer
import MongoDB
import Store

/// Finds customers by ids, old ones included: an id that was given out before a merge leads to who it is now.
struct CustomerDirectory: Sendable {
  let store: Store

  /// A customer may merge or part between one read and the next: so often is looked again before it counts as nobody.
  static let looksMax = 5

  /// One customer's document with the fields asked for and its current id; 404 when there is none.
  func customer(_ id: String, fields: [String], deadline: Deadline) throws -> (document: BSONDocument, current: String)
  {
    for _ in 0..<Self.looksMax {
      if let document = try store.projections.customer(id, fields: fields, deadline: deadline) { return (document, id) }
      guard let current = try store.currentCustomerId(for: id, deadline: deadline) else { break }
      if let document = try store.projections.customer(current, fields: fields, deadline: deadline) {
        return (document, current)
      }
    }
    throw Self.notFound
  }

  /// The keys under which a customer's events and orders are stored, and the current id.
  func subjects(of id: String, deadline: Deadline) throws -> (subjects: [String], current: String) {
    let (document, current) = try customer(id, fields: ["subjects"], deadline: deadline)
    return (document.array("subjects")?.compactMap(\.stringValue) ?? [], current)
  }

  /// The current id of an existing customer; 404 when there is none.
  func currentId(of id: String, deadline: Deadline) throws -> String {
    try customer(id, fields: ["_id"], deadline: deadline).current
  }

  static var notFound: Problem { .notFound("There is no customer of that id.") }
}

extension HTTPResponse {
  /// The answer with `Content-Location` when it shows another resource than was asked for: a customer under its current id.
  func located(at current: String, askedFor id: String, suffix: String = "") -> HTTPResponse {
    current.utf8.elementsEqual(id.utf8)
      ? self : with("Content-Location", "/customers/\(percentEncoded(current))\(suffix)")
  }
}
