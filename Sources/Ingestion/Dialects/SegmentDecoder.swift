import BSON
import Store

/// Segment's HTTP tracking dialect to canonical events and customer records. Pure.
///
/// Every message becomes an event under its `messageId` (without one, under a hash of the message). Known e-commerce
/// properties become canonical fields where they have the right type, and all properties stay under `properties`.
/// `identify` and `alias` give a customer record as well; a consent stamp (`context.consent.categoryPreferences`) of
/// `identify` or of the event `Segment Consent Preference Updated` gives one with the consents.
///
/// Clocks of devices are corrected as Segment does: an event happened at `receivedAt - (sentAt - timestamp)`.
public struct SegmentDecoder: Sendable {
  /// Completes telephone numbers without a country calling code.
  public var region: PhoneRegion
  /// Bounds on batches and items.
  public var limits: IngestLimits
  /// The source under which customer records are kept.
  public var source: String

  /// A decoder for one source.
  public init(source: String = "segment", region: PhoneRegion = .northAmerica, limits: IngestLimits = IngestLimits()) {
    self.source = source
    self.region = region
    self.limits = limits
  }

  /// The messages of a body, in order. A body that is one message must be well-formed.
  public func decode(
    _ call: SegmentCall, _ body: [UInt8], receivedAt: BSONDate
  ) throws(IngestError) -> [DecodedMessage] {
    var reader = SegmentReader(source: source, region: region, receivedAt: receivedAt)
    do throws(JSONError) {
      guard call == .batch else {
        guard body.count <= limits.trackingMessageBytesMax else {
          return [.rejected(0, id: nil, Fault(.messageTooLarge, ""))]
        }
        let message = try JSONDecoding.document(from: body.span, limits: limits.json)
        return [reader.message(message, call, at: 0)]
      }
      var envelopeLimits = limits.json
      envelopeLimits.itemsMax = limits.itemsMax
      let envelope = try JSONDecoding.envelope(from: body.span, itemsKey: "batch", limits: envelopeLimits)
      guard let ranges = envelope.items else { throw JSONError(.notAnArray, offset: 0, path: "/batch") }
      reader.envelope = envelope.fields
      return ranges.enumerated().map { index, range in message(body.span.extracting(range), at: index, &reader) }
    } catch {
      if error.kind == .tooManyItems { throw .tooManyItems(limit: limits.itemsMax) }
      throw .malformedEnvelope(code: error.code, offset: error.offset)
    }
  }

  private func message(_ json: Span<UInt8>, at index: Int, _ reader: inout SegmentReader) -> DecodedMessage {
    guard json.count <= limits.trackingMessageBytesMax else {
      return .rejected(index, id: nil, Fault(.messageTooLarge, ""))
    }
    do throws(JSONError) {
      let message = try JSONDecoding.document(from: json, limits: limits.json)
      guard let call = message.string("type").flatMap(SegmentCall.init(rawValue:)), call != .batch else {
        return .rejected(index, id: message.string("messageId"), Fault(.unknownValue, "type"))
      }
      return reader.message(message, call, at: index)
    } catch {
      let field = fieldPath(ofPointer: error.path)
      let rejection = Rejection(index: index, id: nil, code: error.code, field: field)
      return DecodedMessage(event: .rejected(rejection), records: [])
    }
  }
}

extension DecodedMessage {
  static func rejected(_ index: Int, id: String?, _ fault: Fault) -> DecodedMessage {
    let field = fault.field.isEmpty ? nil : fault.field
    let rejection = Rejection(index: index, id: id, code: fault.code.rawValue, field: field)
    return DecodedMessage(event: .rejected(rejection), records: [])
  }
}
