import BSON
import HTTPServer

/// Which part of a list is asked for.
struct PageRequest {
  /// Items of a page when the client does not say.
  static let limitDefault = 50
  /// Items of a page at the most.
  static let limitMax = 500
  /// The query parameters that every list takes.
  static let parameters = ["limit", "cursor"]

  /// How many items.
  let limit: Int
  /// After which position; nil for the first page.
  let position: BSONDocument?
  /// The name under which this list's cursors are made.
  let list: String

  /// The part that a query asks for. `list` names the list and whatever decides its content.
  init(_ query: HTTPQuery, list: String) throws(Problem) {
    self.list = list
    limit = try query.int("limit", in: 1...Self.limitMax) ?? Self.limitDefault
    if let text = try query.one("cursor") {
      guard let position = Cursor.position(in: text, ofList: list) else { throw .invalidCursor }
      self.position = position
    } else {
      position = nil
    }
  }

  /// The text under `key` in the position; nil on the first page.
  func text(_ key: String) throws(Problem) -> String? {
    guard let position else { return nil }
    guard let text = position.string(key) else { throw .invalidCursor }
    return text
  }

  /// The cursor that leads on from `position`.
  func cursor(after position: BSONDocument) -> String { Cursor.text(of: position, inList: list) }
}

extension Problem {
  /// A cursor that its list did not give.
  static var invalidCursor: Problem {
    .invalidParameter(
      "cursor", "The query parameter 'cursor' is not one that this list gave.", code: "invalid_cursor")
  }
}
