import BSON
import HTTPServer

/// The JSON of a list as it is built: `{"items":[…],"nextCursor":…}`.
struct ListBody {
  private(set) var json: [UInt8]
  private(set) var count = 0

  init(reservingCapacity capacity: Int = 4096) {
    json = []
    json.reserveCapacity(capacity)
    json.append(contentsOf: #"{"items":["#.utf8)
  }

  /// Appends one item; `write` appends its JSON.
  mutating func append<E: Error>(_ write: (inout [UInt8]) throws(E) -> Void) throws(E) {
    if count > 0 { json.append(UInt8(ascii: ",")) }
    try write(&json)
    count += 1
  }

  /// Appends a document as an item.
  mutating func append(_ document: BSONDocument, selection: JSONFieldSelection = .all) {
    append { JSONEncoding.append(document, selection: selection, to: &$0) }
  }

  /// Closes the list. `more` holds members that stand beside `items`.
  consuming func finish(nextCursor: String?, more: BSONDocument = BSONDocument()) -> [UInt8] {
    json.append(contentsOf: #"],"nextCursor":"#.utf8)
    if let nextCursor {
      JSONEncoding.append(string: nextCursor, to: &json)
    } else {
      json.append(contentsOf: "null".utf8)
    }
    for element in more {
      json.append(UInt8(ascii: ","))
      JSONEncoding.append(string: element.key, to: &json)
      json.append(UInt8(ascii: ":"))
      JSONEncoding.append(value: element.value, to: &json)
    }
    json.append(UInt8(ascii: "}"))
    return json
  }

  /// The answer to a request for a page, with the `Link` of the next one (RFC 8288).
  consuming func response(
    to request: HTTPRequest, nextCursor: String?, more: BSONDocument = BSONDocument()
  ) -> HTTPResponse {
    var response = HTTPResponse.json(finish(nextCursor: nextCursor, more: more), fields: .personal)
    if let nextCursor { response.fields.append("Link", "<\(nextPage(of: request, nextCursor))>; rel=\"next\"") }
    return response
  }
}

extension HTTPFields {
  /// What may be kept by the client that asked for it, and asked for again each time.
  static let personal: HTTPFields = ["Cache-Control": "private, no-cache"]
}

/// The request's own path and query with another cursor.
private func nextPage(of request: HTTPRequest, _ cursor: String) -> String {
  var target = request.path
  var separator = "?"
  for item in request.query.items where item.name != "cursor" {
    target += "\(separator)\(percentEncoded(item.name))=\(percentEncoded(item.value))"
    separator = "&"
  }
  return target + "\(separator)cursor=\(cursor)"
}

/// `text` with everything but the unreserved characters of RFC 3986 (section 2.3) as %HH.
func percentEncoded(_ text: String) -> String {
  let digits = Array("0123456789ABCDEF".utf8)
  var encoded: [UInt8] = []
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "~"):
      encoded.append(byte)
    default:
      encoded.append(contentsOf: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]])
    }
  }
  return String(decoding: encoded, as: UTF8.self)
}
