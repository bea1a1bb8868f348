import BSON
import Store

/// Whom a message of Segment's dialect is about, by its ids.
struct SegmentPerson {
  private let userId: BSONElement?
  private let anonymousId: BSONElement?
  private let user: String?
  private let device: String?

  /// The ids of a message; the earlier id of `alias` stands for a device.
  init(_ message: BSONDocument, _ call: SegmentCall) throws(Fault) {
    userId = message.element("userId").flatMap { $0.type == .null ? nil : $0 }
    anonymousId = message.element(call == .alias ? "previousId" : "anonymousId").flatMap { $0.type == .null ? nil : $0 }
    let fields = FieldWriter(isTextual: false)
    user = try userId.map { element throws(Fault) in try fields.idText(of: element, "userId") } ?? nil
    device = try anonymousId.map { element throws(Fault) in try fields.idText(of: element, "anonymousId") } ?? nil
  }

  var isKnown: Bool { user != nil || device != nil }
  var hasTwoIds: Bool { user != nil && device != nil }

  /// The id of a record about one aspect of the person.
  func sourceId(_ aspect: [String]) -> String {
    Digest.identifier(prefix: "", parts: ["person", user ?? "", device ?? ""] + aspect)
  }

  func append(to input: inout BSONWriter) {
    if let userId { input.append("userId", valueOf: userId) }
    if let anonymousId { input.append("anonymousId", valueOf: anonymousId) }
  }
}
