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

  /// The event of a wrapped push: `{"message":{"data":…,"messageId":…,"publishTime":…,"attributes":{…}},"subscription":…}`.
  /// Throws only when that envelope is not there; what is wrong inside the data is the item's rejection.
  public func decode(wrapped body: [UInt8], receivedAt: BSONDate) throws(IngestError) -> [DecodedItem] {
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
    let time = message.element("publishTime") ?? message.element("publish_time")
    guard let encoded = message.element("data")?.textBytes, !encoded.isEmpty else {
      return [rejected(id, Fault(.required, "message.data"))]
    }
    guard let data = base64Decoded(encoded) else { return [rejected(id, Fault(.notBase64, "message.data"))] }
    return [item(data, id: id, time: time?.value, attributes: message.document("attributes"), receivedAt: receivedAt)]
  }

  /// The event of an unwrapped push, whose id and time stand in the head as `x-goog-pubsub-message-id` and
  /// `x-goog-pubsub-publish-time`.
  public func decode(
    unwrapped body: [UInt8], messageId: String, publishTime: String?, receivedAt: BSONDate
  ) -> [DecodedItem] {
    [item(body, id: messageId, time: publishTime.map { .string($0) }, attributes: nil, receivedAt: receivedAt)]
  }

  private func item(
    _ json: [UInt8], id: String, time: BSONValue?, attributes: BSONDocument?, receivedAt: BSONDate
  ) -> DecodedItem {
    do throws(JSONError) {
      let data = try JSONDecoding.document(from: json.span, limits: limits.json)
      var enveloped = EnvelopedEvent(id: id, data: data, envelope: attributes.map { ("attributes", $0) })
      if let time, time != .null { enveloped.defaults = [("eventTimestamp", ["timestamp"], time)] }
      var events = Canonicalizer(.events, region: region, receivedAt: receivedAt)
      do throws(Fault) {
        return events.item(try enveloped.input(), at: 0)
      } catch {
        return rejected(id, error)
      }
    } catch {
      return .rejected(Rejection(index: 0, id: id, code: error.code, field: fieldPath(ofPointer: error.path)))
    }
  }

  private func rejected(_ id: String, _ fault: Fault) -> DecodedItem {
    .rejected(Rejection(index: 0, id: id, code: fault.code.rawValue, field: fault.field))
  }
}
