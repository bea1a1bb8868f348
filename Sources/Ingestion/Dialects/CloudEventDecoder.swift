import BSON
import Store

/// CloudEvents 1.0 over HTTP (binary, structured and batched content modes) to canonical events. Pure.
///
/// `data` is a JSON object with the event's fields. What it leaves open the envelope says: `type` is the `eventName`,
/// `time` the `eventTimestamp`. `source` and `id` together name an event (specification, section 3.1.1), so both make its
/// `_id`. The envelope's other attributes are kept under `properties.cloudevent`.
public struct CloudEventDecoder: Sendable {
  /// Completes telephone numbers without a country calling code.
  public var region: PhoneRegion
  /// Bounds on batches and items.
  public var limits: IngestLimits

  /// A decoder.
  public init(region: PhoneRegion = .northAmerica, limits: IngestLimits = IngestLimits()) {
    self.region = region
    self.limits = limits
  }

  /// The event of a structured body, `application/cloudevents+json`.
  public func decode(structured body: [UInt8], receivedAt: BSONDate) throws(IngestError) -> [DecodedItem] {
    var events = Canonicalizer(.events, region: region, receivedAt: receivedAt)
    do throws(JSONError) {
      return [item(try JSONDecoding.document(from: body.span, limits: limits.json), at: 0, &events)]
    } catch {
      throw .malformedEnvelope(code: error.code, offset: error.offset)
    }
  }

  /// The events of a batch, `application/cloudevents-batch+json`.
  public func decode(batch body: [UInt8], receivedAt: BSONDate) throws(IngestError) -> [DecodedItem] {
    var events = Canonicalizer(.events, region: region, receivedAt: receivedAt)
    var itemLimits = limits.json
    itemLimits.itemsMax = limits.itemsMax
    do throws(JSONError) {
      let ranges = try JSONDecoding.items(ofArray: body.span, limits: itemLimits)
      return ranges.enumerated().map { index, range in
        do throws(JSONError) {
          let event = try JSONDecoding.document(from: body.span.extracting(range), limits: limits.json)
          return item(event, at: index, &events)
        } catch {
          let field = fieldPath(ofPointer: error.path)
          return .rejected(Rejection(index: index, id: nil, code: error.code, field: field))
        }
      }
    } catch {
      if error.kind == .tooManyItems { throw .tooManyItems(limit: limits.itemsMax) }
      throw .malformedEnvelope(code: error.code, offset: error.offset)
    }
  }

  /// The event of a binary body: `attributes` are the `ce-` fields of the head without that prefix, and the body is the
  /// data. Their values are percent-encoded (HTTP binding, section 3.1.3.2).
  public func decode(
    binary body: [UInt8], attributes: [(name: String, value: String)], receivedAt: BSONDate
  ) throws(IngestError) -> [DecodedItem] {
    var events = Canonicalizer(.events, region: region, receivedAt: receivedAt)
    let data: BSONDocument
    do throws(JSONError) {
      data = try JSONDecoding.document(from: body.span, limits: limits.json)
    } catch {
      throw .malformedEnvelope(code: error.code, offset: error.offset)
    }
    var seen: Set<ByteString> = []
    let event = BSONDocument { event in
      for (name, value) in attributes where name != "data" && seen.insert(ByteString(name)).inserted {
        event.append(name, percentDecoded(value))
      }
      event.append("data", data)
    }
    return [item(event, at: 0, &events)]
  }

  private func item(_ event: BSONDocument, at index: Int, _ events: inout Canonicalizer) -> DecodedItem {
    do throws(Fault) {
      return events.item(try input(event), at: index)
    } catch {
      return .rejected(Rejection(index: index, id: event.string("id"), code: error.code.rawValue, field: error.field))
    }
  }

  /// The event as the object that it would be in our own JSON.
  private func input(_ event: BSONDocument) throws(Fault) -> BSONDocument {
    guard try attribute("specversion", of: event) == "1.0" else { throw Fault(.unknownValue, "specversion") }
    let id = try attribute("id", of: event)
    let source = try attribute("source", of: event)
    let type = try attribute("type", of: event)
    let envelope = BSONDocument { envelope in
      for element in event where !element.keyEquals("data") && !element.keyEquals("data_base64") {
        envelope.append(element)
      }
    }
    var enveloped = EnvelopedEvent(
      id: eventId(source: source, id: id), data: try data(of: event), envelope: ("cloudevent", envelope))
    enveloped.defaults = [("eventName", [], .string(type)), ("source", [], .string(source))]
    if let time = event["time"], time != .null {
      enveloped.defaults.append(("eventTimestamp", ["timestamp"], time))
    }
    return try enveloped.input()
  }

  /// Id and source in one; a hash of both where that is too long, or where an id holds the mark between them, which a source may too:
  /// `a` and `b#c` are not `a#b` and `c`.
  private func eventId(source: String, id: String) -> String {
    let joined = source + "#" + id
    let isPlain = joined.utf8.count <= IngestLimits.idBytesMax && !id.utf8.contains(UInt8(ascii: "#"))
    return isPlain ? joined : Digest.identifier(prefix: "ce_", source, id)
  }

  /// A required attribute: a string that is not empty.
  private func attribute(_ name: String, of event: BSONDocument) throws(Fault) -> String {
    guard let element = event.element(name), element.type != .null else { throw Fault(.required, name) }
    guard let value = element.value.stringValue else { throw Fault(.notAString, name) }
    guard !value.isEmpty else { throw Fault(.emptyId, name) }
    return value
  }

  /// The data, as JSON or as base64 of JSON.
  private func data(of event: BSONDocument) throws(Fault) -> BSONDocument {
    if let element = event.element("data"), element.type != .null {
      guard let data = element.value.documentValue else { throw Fault(.notAnObject, "data") }
      return data
    }
    guard let encoded = event.element("data_base64")?.textBytes else { throw Fault(.required, "data") }
    guard let json = base64Decoded(encoded) else { throw Fault(.notBase64, "data_base64") }
    guard let data = try? JSONDecoding.document(from: json.span, limits: limits.json) else {
      throw Fault(.notAnObject, "data_base64")
    }
    return data
  }
}

/// A value of a head's field with its %HH decoded; as it is when that gives no text.
private func percentDecoded(_ value: String) -> String {
  guard value.utf8.contains(UInt8(ascii: "%")) else { return value }
  let bytes = Array(value.utf8)
  var out: [UInt8] = []
  var position = 0
  while position < bytes.count {
    if bytes[position] == UInt8(ascii: "%"), position + 2 < bytes.count,
      let high = hexValue(bytes[position + 1]), let low = hexValue(bytes[position + 2])
    {
      out.append(high << 4 | low)
      position += 3
    } else {
      out.append(bytes[position])
      position += 1
    }
  }
  guard !out.contains(0), let text = String(validating: out, as: UTF8.self) else { return value }
  return text
}

private func hexValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}
