import BSON
import Testing

@testable import Ingestion

/// The clock of all tests: 2024-03-01T12:00:00Z.
let noon = BSONDate(millisecondsSince1970: 1_709_294_400_000)

/// Decodes a body with the defaults.
func decode(
  _ kind: IngestKind = .events, _ body: String, as format: IngestFormat = .json
) throws(IngestError) -> [DecodedItem] {
  try BatchDecoder().decode(kind, Array(body.utf8), as: format, receivedAt: noon)
}

/// The only item of a body, which must be valid.
func only(_ kind: IngestKind = .events, _ body: String, as format: IngestFormat = .json) throws -> ValidItem {
  let items = try decode(kind, body, as: format)
  try #require(items.count == 1)
  return try items[0].valid
}

/// The only item of a body, which must be rejected.
func fault(_ kind: IngestKind = .events, _ body: String, as format: IngestFormat = .json) throws -> Rejection {
  let items = try decode(kind, body, as: format)
  try #require(items.count == 1)
  return try items[0].rejection
}

/// A valid event with further members.
func event(_ members: String = "", id: String? = "e1", at time: String = "\"2024-02-29T12:34:56.789Z\"") -> String {
  var json = "{"
  if let id { json += "\"_id\":\"\(id)\"," }
  json += "\"eventName\":\"page\",\"eventTimestamp\":\(time)"
  if !members.contains("userId") { json += ",\"userId\":\"U1\"" }
  return json + (members.isEmpty ? "" : "," + members) + "}"
}

extension DecodedItem {
  var valid: ValidItem {
    get throws {
      guard case .valid(let item) = self else {
        Issue.record("rejected: \(self)")
        throw Unexpected()
      }
      return item
    }
  }

  var rejection: Rejection {
    get throws {
      guard case .rejected(let rejection) = self else {
        Issue.record("accepted: \(self)")
        throw Unexpected()
      }
      return rejection
    }
  }
}

struct Unexpected: Error {}

extension ValidItem {
  var json: String { document.json }
}

extension BSONDocument {
  var json: String {
    var out: [UInt8] = []
    JSONEncoding.append(self, to: &out)
    return String(decoding: out, as: UTF8.self)
  }
}
