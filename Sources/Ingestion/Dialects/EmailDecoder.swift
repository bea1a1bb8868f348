import BSON
import Mail
import Store

/// RFC 5322 messages as interactions: what the sender said, without quotations and signatures; its mood is told as of all interactions.
///
/// The id is the Message-ID, so that a message that comes twice, by whatever way, is one. A message without one is known by its
/// bytes. What is no message is a rejection, as is one past `MailLimits`. Pure.
public struct EmailDecoder: Sendable {
  private let region: PhoneRegion

  /// A decoder; `region` completes telephone numbers.
  public init(region: PhoneRegion = .northAmerica) { self.region = region }

  /// One message.
  public func interaction(of bytes: [UInt8], at index: Int = 0, receivedAt: BSONDate) -> DecodedItem {
    let message: MailMessage
    do throws(MailError) {
      message = try MailMessage(parsing: bytes)
    } catch {
      let code: FaultCode = error == .notAMessage ? .notAMessage : .messageTooLarge
      return .rejected(Rejection(index: index, id: nil, code: code.rawValue, field: nil))
    }
    var canonicalizer = Canonicalizer(.interactions, region: region, receivedAt: receivedAt)
    let sentAt = Self.moment(message, receivedAt)
    let decoded = canonicalizer.item(document(message, bytes, sentAt ?? receivedAt), at: index)
    guard sentAt == nil, case .valid(var item) = decoded else { return decoded }
    // Its time is that of its arrival: arriving again it is no other message.
    item.incidentalFields += ["at", "day"]
    return .valid(item)
  }

  /// A message that was not read because of its length.
  public func tooLong(at index: Int) -> DecodedItem {
    .rejected(Rejection(index: index, id: nil, code: FaultCode.messageTooLarge.rawValue, field: nil))
  }

  /// The messages of a mailbox, up to as many as a batch has items; nil when the bytes are none.
  public func interactions(
    ofMailbox bytes: [UInt8], receivedAt: BSONDate, limits: IngestLimits = IngestLimits()
  ) throws(IngestError) -> [DecodedItem]? {
    var mailbox = Mailbox()
    var entries: [Mailbox.Entry]
    do throws(Mailbox.Failure) {
      entries = try mailbox.feed(bytes)
      entries += try mailbox.finish()
    } catch {
      return nil
    }
    guard entries.count <= limits.itemsMax else { throw .tooManyItems(limit: limits.itemsMax) }
    return entries.enumerated().map { interaction(of: $0.element.bytes, at: $0.offset, receivedAt: receivedAt) }
  }

  private func document(_ message: MailMessage, _ bytes: [UInt8], _ at: BSONDate) -> BSONDocument {
    BSONDocument { writer in
      writer.append("interactionId", Self.id(message, bytes))
      writer.append("channel", "email")
      writer.append("direction", "inbound")
      writer.append("at", at)
      if let from = message.from { writer.append("from", from.address.withoutNUL) }
      if let to = message.to { writer.append("to", to.address.withoutNUL) }
      writer.append("topic", message.subject.withoutNUL)
      writer.append("text", message.text.withoutNUL)
      writer.append(
        "attributes",
        document: { attributes in
          if let name = message.from?.name { attributes.append("fromName", name.withoutNUL) }
          if let id = message.messageID { attributes.append("messageId", id.withoutNUL) }
          if let id = message.inReplyTo { attributes.append("inReplyTo", id.withoutNUL) }
          if message.isAutomatic { attributes.append("automatic", true) }
        })
    }
  }

  /// `email:` and the Message-ID, or a hash of the bytes where there is none that could be an id.
  private static func id(_ message: MailMessage, _ bytes: [UInt8]) -> String {
    if let id = message.messageID?.withoutNUL, !id.isEmpty, id.utf8.count <= 480 { return "email:\(id)" }
    return "email:sha256-\(Digest.hexadecimal(Digest.sha256(bytes).prefix(16)))"
  }

  /// When the sender's clock says; nil where that is ahead of ours by more than is allowed, or is not said.
  private static func moment(_ message: MailMessage, _ receivedAt: BSONDate) -> BSONDate? {
    guard let seconds = message.date, (-62_135_596_800...253_402_300_799).contains(seconds) else { return nil }
    let date = BSONDate(millisecondsSince1970: seconds * 1_000)
    return date.millisecondsSince1970 - receivedAt.millisecondsSince1970 > IngestLimits.aheadMillisecondsMax
      ? nil : date
  }
}

extension String {
  fileprivate var withoutNUL: String {
    utf8.contains(0) ? String(decoding: utf8.filter { $0 != 0 }, as: UTF8.self) : self
  }
}
