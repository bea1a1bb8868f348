import BSON
import Store

/// Bytes of a batch to canonical items. Pure: the clock is a parameter, the database is not known.
///
/// One bad item is rejected alone. Only when the items cannot be told apart does the batch fail as a whole.
public struct BatchDecoder: Sendable {
  /// Completes telephone numbers without a country calling code.
  public var region: PhoneRegion
  /// Bounds on batches and items.
  public var limits: IngestLimits

  /// A decoder.
  public init(region: PhoneRegion = .northAmerica, limits: IngestLimits = IngestLimits()) {
    self.region = region
    self.limits = limits
  }

  /// The items of a body, in order. An empty body holds none.
  public func decode(
    _ kind: IngestKind, _ body: [UInt8], as format: IngestFormat, receivedAt: BSONDate
  ) throws(IngestError) -> [DecodedItem] {
    switch format {
    case .json: try decodeJSON(kind, body, receivedAt: receivedAt)
    case .ndjson: try decodeLines(kind, body, receivedAt: receivedAt)
    case .csv: try decodeCSV(kind, body, receivedAt: receivedAt)
    }
  }

  /// The items of documents that another decoder made, such as that of an analytics dialect.
  public func canonicalize(
    _ kind: IngestKind, _ documents: [BSONDocument], receivedAt: BSONDate
  ) throws(IngestError) -> [DecodedItem] {
    guard documents.count <= limits.itemsMax else { throw .tooManyItems(limit: limits.itemsMax) }
    var canonicalizer = Canonicalizer(kind, region: region, receivedAt: receivedAt)
    return documents.enumerated().map { canonicalizer.item($1, at: $0) }
  }

  // MARK: JSON

  private func decodeJSON(_ kind: IngestKind, _ body: [UInt8], receivedAt: BSONDate) throws(IngestError)
    -> [DecodedItem]
  {
    let start = startOfText(body)
    let text = body.span.extracting(start...)
    guard let first = (start..<body.count).first(where: { !isJSONSpace(body[$0]) }) else { return [] }
    var jsonLimits = limits.json
    jsonLimits.itemsMax = limits.itemsMax
    do throws(JSONError) {
      if body[first] == UInt8(ascii: "[") {
        return items(try JSONDecoding.items(ofArray: text, limits: jsonLimits), of: text, kind, receivedAt)
      }
      let envelope = try JSONDecoding.envelope(from: text, itemsKey: kind.envelopeField, limits: jsonLimits)
      if let ranges = envelope.items { return items(ranges, of: text, kind, receivedAt) }
      // An item alone is a batch of one, if anything about it is known.
      let isItem = envelope.fields.contains { kind.schema.match($0.keyBytes) != .unknown }
      guard isItem else { throw JSONError(.notAnArray, offset: first - start) }
      var canonicalizer = Canonicalizer(kind, region: region, receivedAt: receivedAt)
      return [canonicalizer.item(envelope.fields, at: 0)]
    } catch {
      if error.kind == .tooManyItems { throw .tooManyItems(limit: limits.itemsMax) }
      throw .malformedEnvelope(code: error.code, offset: start + error.offset)
    }
  }

  private func decodeLines(_ kind: IngestKind, _ body: [UInt8], receivedAt: BSONDate) throws(IngestError)
    -> [DecodedItem]
  {
    let start = startOfText(body)
    let text = body.span.extracting(start...)
    var jsonLimits = limits.json
    jsonLimits.itemsMax = limits.itemsMax
    let lines: [Range<Int>]
    do throws(JSONError) {
      lines = try JSONDecoding.lines(ofNDJSON: text, limits: jsonLimits)
    } catch {
      if error.kind == .tooManyItems { throw .tooManyItems(limit: limits.itemsMax) }
      throw .malformedEnvelope(code: error.code, offset: start + error.offset)
    }
    return items(lines, of: text, kind, receivedAt)
  }

  private func items(
    _ ranges: [Range<Int>], of text: borrowing Span<UInt8>, _ kind: IngestKind, _ receivedAt: BSONDate
  ) -> [DecodedItem] {
    var canonicalizer = Canonicalizer(kind, region: region, receivedAt: receivedAt)
    var reader = JSONReader(limits: limits.json)
    var output = BSONWriter(reservingCapacity: 512)
    var items: [DecodedItem] = []
    items.reserveCapacity(ranges.count)
    for (index, range) in ranges.enumerated() {
      do throws(JSONError) {
        let item = try reader.withDocument(from: text.extracting(range)) { input in
          canonicalizer.item(input, at: index, using: &output)
        }
        items.append(item)
      } catch {
        let field = fieldPath(ofPointer: error.path)
        items.append(.rejected(Rejection(index: index, id: nil, code: error.code, field: field)))
      }
    }
    return items
  }

  // MARK: CSV

  private func decodeCSV(_ kind: IngestKind, _ body: [UInt8], receivedAt: BSONDate) throws(IngestError)
    -> [DecodedItem]
  {
    let canonicalizer = Canonicalizer(kind, region: region, receivedAt: receivedAt, isTextual: true)
    var rows = RowDecoder(body, canonicalizer)
    var items: [DecodedItem] = []
    // Hardly any row is shorter.
    items.reserveCapacity(min(body.count / 64 + 1, limits.itemsMax))
    while let item = try rows.next() {
      guard items.count < limits.itemsMax else { throw .tooManyItems(limit: limits.itemsMax) }
      items.append(item)
    }
    return items
  }
}

/// Where the text begins: behind a byte order mark.
private func startOfText(_ body: [UInt8]) -> Int { body.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0 }

private func isJSONSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

/// `lineItems[2].price` for the JSON pointer `/lineItems/2/price`. Nil for the whole.
func fieldPath(ofPointer pointer: String) -> String? {
  var path = ""
  for token in pointer.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
    let isIndex = !token.isEmpty && !path.isEmpty && token.allSatisfy { $0 &- 48 < 10 }
    let name = unescaped(token)
    path += isIndex ? "[\(name)]" : path.isEmpty ? name : ".\(name)"
  }
  return path.isEmpty ? nil : path
}

/// A token of a JSON pointer (RFC 6901, section 4).
private func unescaped(_ token: Substring.UTF8View) -> String {
  var bytes: [UInt8] = []
  var isEscape = false
  for byte in token {
    if isEscape {
      bytes.append(byte == UInt8(ascii: "1") ? UInt8(ascii: "/") : UInt8(ascii: "~"))
      isEscape = false
    } else if byte == UInt8(ascii: "~") {
      isEscape = true
    } else {
      bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
