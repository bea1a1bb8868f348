import BSON
import HTTPServer

extension PageRequest {
  /// The asked-for part of a short list that is read as a whole, and the cursor of the next one. `key` is the field that
  /// names an item. When the item that the cursor stands on is gone, the list goes on where it stood.
  func part(of items: [BSONDocument], key: String) throws(Problem) -> (items: ArraySlice<BSONDocument>, next: String?) {
    var start = 0
    if let position {
      guard let name = position.string("k"), let count = position.int("n"), count >= 0 else { throw .invalidCursor }
      let known = items.firstIndex { Self.name(of: $0, key).utf8.elementsEqual(name.utf8) }
      start = known.map { $0 + 1 } ?? min(count, items.count)
    }
    let end = min(start + limit, items.count)
    guard end < items.count, let last = items[start..<end].last else { return (items[start..<end], nil) }
    let next = BSONDocument {
      $0.append("k", Self.name(of: last, key))
      $0.append("n", end)
    }
    return (items[start..<end], cursor(after: next))
  }

  /// The text or the whole number that names an item.
  private static func name(of item: BSONDocument, _ key: String) -> String {
    item.string(key) ?? item.int(key).map(String.init) ?? ""
  }

  /// The answer with the asked-for part of a short list.
  func response(
    with items: [BSONDocument], key: String, to request: HTTPRequest, more: BSONDocument = BSONDocument()
  ) throws(Problem) -> HTTPResponse {
    let (part, next) = try part(of: items, key: key)
    var body = ListBody()
    for item in part { body.append(item) }
    return body.response(to: request, nextCursor: next, more: more)
  }
}
