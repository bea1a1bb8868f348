import BSON
import Store

/// Messages that Google Pub/Sub pushes, to canonical events. Pure.
///
/// The message's data is a JSON object with the event's fields; `messageId` is the event's id, whatever the data says, and
/// `publishTime` its time where the data has none. Attributes are kept under `properties.attributes`.
public struct PubSubDecoder: Sendable {
  /// Completes telephone numbers without a country calling code.
  public var region: PhoneRegion
  /// Bounds on items.
  public var limits: IngestLimits

  /// A decoder.
  public init(region: PhoneRegion = .northAmerica, limits: IngestLimits = IngestLimits()) {
    self.region = region
    self.limits = limits
  }

  /// The event of a wrapped push, as `message(wrapped:)` and `event(of:)` read it.
  public func decode(wrapped body: [UInt8], receivedAt: BSONDate) throws(IngestError) -> [DecodedItem] {
    [event(of: try message(wrapped: body), receivedAt: receivedAt)]
  }

  /// The message of a wrapped push: `{"message":{"data":…,"messageId":…,"publishTime":…,"attributes":{…}},"subscription":…}`.
  /// Throws only when that envelope is not there.
  public func message(wrapped body: [UInt8]) throws(IngestError) -> PubSubMessage {
    let push: BSONDocument
    do throws(JSONError) {
      push = try JSONDecoding.document(from: body.span, limits: limits.json)
    } catch {
      throw .malformedEnvelope(code: error.code, offset: error.offset)
    }
    guard let message = push.document("message") else {
      throw .malformedEnvelope(code: "pubsub_message_missing", offset: 0)
    }
    guard let id = (message.string("messageId") ?? message.string("message_id")), !id.isEmpty else {
      throw .malformedEnvelope(code: "pubsub_message_id_missing", offset: 0)
    }
    let time = (message.element("publishTime") ?? message.element("publish_time"))?.value
    let encoded = message.element("data")?.textBytes.flatMap { $0.isEmpty ? nil : $0 }
    let data = encoded.flatMap { base64Decoded($0) }
    return PubSubMessage(
      id: id, data: data, undecoded: data == nil ? encoded.map { Array($0) } : nil, publishTime: time,
      attributes: message.document("attributes"))
  }

  /// The event of a message. What is wrong with its data is the item's rejection.
  public func event(of message: PubSubMessage, receivedAt: BSONDate) -> DecodedItem {
    guard let json = message.data else {
      return rejected(message.id, Fault(message.undecoded == nil ? .required : .notBase64, "message.data"))
    }
    do throws(JSONError) {
      let data = try JSONDecoding.document(from: json.span, limits: limits.json)
      var enveloped = EnvelopedEvent(
        id: message.id, data: data, envelope: message.attributes.map { ("attributes", $0) })
      if let time = message.publishTime, time != .null {
        enveloped.defaults = [("eventTimestamp", ["timestamp"], time)]
      }
      var events = Canonicalizer(.events, region: region, receivedAt: receivedAt)
      do throws(Fault) {
        return events.item(try enveloped.input(), at: 0)
      } catch {
        return rejected(message.id, error)
      }
    } catch {
      return .rejected(Rejection(index: 0, id: message.id, code: error.code, field: fieldPath(ofPointer: error.path)))
    }
  }

  private func rejected(_ id: String, _ fault: Fault) -> DecodedItem {
    .rejected(Rejection(index: 0, id: id, code: fault.code.rawValue, field: fault.field))
  }
}
