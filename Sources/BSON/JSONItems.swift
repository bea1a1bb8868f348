/// An object around a batch: `{"events": [...], "sentAt": ...}`.
public struct JSONEnvelope: Sendable {
  /// Every other member.
  public var fields: BSONDocument
  /// Where the items lie in the text; nil when the member is absent.
  public var items: [Range<Int>]?
}

extension JSONDecoding {
  /// Where the items of an array lie in the text, white space around them left out. The whole text's grammar is
  /// checked; what only concerns one item's meaning (duplicate keys, ranges, surrogates, UTF-8, depth) shows when that
  /// item is read, so one bad item does not spoil the others.
  public static func items(
    ofArray json: borrowing Span<UInt8>, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> [Range<Int>] {
    var skimmer = JSONSkimmer(at: 0)
    skimmer.skipWhiteSpace(json)
    guard skimmer.position < json.count else { throw skimmer.error(.empty) }
    guard json[skimmer.position] == UInt8(ascii: "[") else { throw skimmer.error(.notAnArray) }
    let items = try skimItems(json, &skimmer, limits: limits)
    skimmer.skipWhiteSpace(json)
    guard skimmer.position == json.count else { throw skimmer.error(.trailingBytes) }
    return items
  }

  /// Reads an object whose member `itemsKey` is an array: the array is split, the other members are read. Errors in the
  /// other members, and duplicate members, are errors of the whole.
  public static func envelope(
    from json: borrowing Span<UInt8>, itemsKey: String, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSONEnvelope {
    var parser = JSONParser(limits: limits, capacity: 1024)
    parser.itemsKey = Array(itemsKey.utf8)
    try parser.skipWhiteSpaceToFirstByte(json)
    guard json[parser.position] == UInt8(ascii: "{") else { throw parser.error(.notAnObject) }
    try parser.parseObject(json, depth: 1)
    try parser.expectEnd(json)
    let members = BSONDocument(trusting: parser.out.bytes)
    guard let items = parser.items else { return JSONEnvelope(fields: members, items: nil) }
    let others = BSONDocument { writer in
      for element in members where !element.keyEquals(itemsKey) { writer.append(element) }
    }
    return JSONEnvelope(fields: others, items: items)
  }

  /// Where the lines of NDJSON lie in the text: split at line feeds, white space around each left out, empty lines
  /// skipped. Whether a line is JSON shows when it is read.
  public static func lines(
    ofNDJSON json: borrowing Span<UInt8>, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = 0
    while start < json.count {
      var end = start
      while end < json.count, json[end] != 0x0A { end += 1 }
      var first = start
      var last = end
      while first < last, isWhiteSpace(json[first]) { first += 1 }
      while last > first, isWhiteSpace(json[last - 1]) { last -= 1 }
      if first < last {
        guard lines.count < limits.itemsMax else { throw JSONError(.tooManyItems, offset: first) }
        lines.append(first..<last)
      }
      start = end + 1
    }
    return lines
  }
}

/// Splits the array that begins at the skimmer's position; leaves the skimmer after it.
func skimItems(
  _ json: borrowing Span<UInt8>, _ skimmer: inout JSONSkimmer, limits: JSONLimits
) throws(JSONError) -> [Range<Int>] {
  var items: [Range<Int>] = []
  skimmer.position += 1
  skimmer.skipWhiteSpace(json)
  if try skimmer.byte(json) == UInt8(ascii: "]") {
    skimmer.position += 1
    return items
  }
  while true {
    skimmer.skipWhiteSpace(json)
    let start = skimmer.position
    do throws(JSONError) {
      try skimmer.skipValue(json)
    } catch {
      throw error.inside(index: items.count)
    }
    guard items.count < limits.itemsMax else { throw JSONError(.tooManyItems, offset: start) }
    items.append(start..<skimmer.position)
    skimmer.skipWhiteSpace(json)
    let next = try skimmer.byte(json)
    if next == UInt8(ascii: "]") { break }
    guard next == UInt8(ascii: ",") else { throw skimmer.error(.unexpectedByte) }
    skimmer.position += 1
  }
  skimmer.position += 1
  return items
}

extension JSONParser {
  /// When the key just read is `itemsKey`: splits the array that begins here and returns true.
  mutating func splitItems(
    _ json: borrowing Span<UInt8>, keyStart: Int, keyCount: Int
  ) throws(JSONError) -> Bool {
    guard let itemsKey, keyCount == itemsKey.count, out.bytes(keyStart, count: keyCount) == itemsKey else {
      return false
    }
    guard try byte(json) == UInt8(ascii: "[") else { throw error(.notAnArray) }
    var skimmer = JSONSkimmer(at: position)
    items = try skimItems(json, &skimmer, limits: limits)
    position = skimmer.position
    return true
  }
}
