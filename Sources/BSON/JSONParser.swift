/// The state of one pass over a JSON text: where reading stands, what has been written, which keys are known.
/// The text itself is handed to each call, since a span cannot be kept.
struct JSONParser: ~Copyable {
  let limits: JSONLimits
  var position = 0
  var out: ByteBuffer
  var keys = JSONKeys()
  /// A top-level member whose array is split instead of read, and what was found.
  var itemsKey: [UInt8]?
  var items: [Range<Int>]?

  init(limits: JSONLimits, capacity: Int) {
    self.limits = limits
    out = ByteBuffer(capacity: capacity)
  }

  /// Begins with another text; what an error left half-done is forgotten.
  mutating func restart() {
    position = 0
    out.clear()
    keys.clear()
  }

  /// An error at the current position, or at the one given. Its path grows on the way out: each object and array that it
  /// leaves puts its key or index before it.
  @inline(never)
  func error(_ kind: JSONError.Kind, at offset: Int? = nil) -> JSONError {
    JSONError(kind, offset: offset ?? position)
  }

  /// The byte at the current position, or an error when the text ends here.
  @inline(__always)
  func byte(_ json: borrowing Span<UInt8>) throws(JSONError) -> UInt8 {
    guard position < json.count else { throw error(.unexpectedEnd) }
    return json[position]
  }

  @inline(__always)
  mutating func skipWhiteSpace(_ json: borrowing Span<UInt8>) {
    while position < json.count, isWhiteSpace(json[position]) { position += 1 }
  }

  mutating func skipWhiteSpaceToFirstByte(_ json: borrowing Span<UInt8>) throws(JSONError) {
    skipWhiteSpace(json)
    guard position < json.count else { throw error(.empty) }
  }

  mutating func expectEnd(_ json: borrowing Span<UInt8>) throws(JSONError) {
    skipWhiteSpace(json)
    guard position == json.count else { throw error(.trailingBytes) }
    guard out.count <= limits.documentBytesMax else { throw error(.tooLarge) }
  }

  /// Reads the object that begins here and writes it as a BSON document.
  mutating func parseObject(_ json: borrowing Span<UInt8>, depth: Int) throws(JSONError) {
    guard depth <= limits.depthMax else { throw error(.tooDeep) }
    position += 1
    out.reserve()
    let start = out.count
    out.put(zeros: 4)
    skipWhiteSpace(json)
    if try byte(json) == UInt8(ascii: "}") {
      position += 1
      out.close(from: start)
      return
    }
    let known = keys.open()
    while true {
      try parseMember(json, known: known, depth: depth)
      skipWhiteSpace(json)
      let next = try byte(json)
      position += 1
      if next == UInt8(ascii: "}") { break }
      guard next == UInt8(ascii: ",") else { throw error(.unexpectedByte, at: position - 1) }
      skipWhiteSpace(json)
    }
    keys.close(known)
    out.close(from: start)
  }

  /// Reads `"key": value` and writes the element.
  @inline(__always)
  private mutating func parseMember(
    _ json: borrowing Span<UInt8>, known: JSONKeys.Object, depth: Int
  ) throws(JSONError) {
    guard try byte(json) == UInt8(ascii: "\"") else { throw error(.unexpectedByte) }
    let keyOffset = position
    out.reserve()
    let typeIndex = out.count
    out.put(0)
    try parseString(json, isKey: true)
    let keyCount = out.count - typeIndex - 1
    out.reserve()
    out.put(0)
    guard keys.insert(keyAt: typeIndex + 1, count: keyCount, of: out, into: known) else {
      throw error(.duplicateKey, at: keyOffset).inside(key: out.bytes(typeIndex + 1, count: keyCount))
    }
    skipWhiteSpace(json)
    guard try byte(json) == UInt8(ascii: ":") else { throw error(.unexpectedByte) }
    position += 1
    skipWhiteSpace(json)
    do throws(JSONError) {
      let type: BSONType
      if depth == 1, itemsKey != nil, try splitItems(json, keyStart: typeIndex + 1, keyCount: keyCount) {
        type = .null
      } else {
        type = try parseValue(json, depth: depth)
      }
      out.set(typeIndex, to: type.rawValue)
      guard out.count <= limits.documentBytesMax else { throw self.error(.tooLarge) }
    } catch {
      throw error.inside(key: out.bytes(typeIndex + 1, count: keyCount))
    }
  }

  /// Reads the array that begins here and writes it as a BSON array.
  mutating func parseArray(_ json: borrowing Span<UInt8>, depth: Int) throws(JSONError) {
    guard depth <= limits.depthMax else { throw error(.tooDeep) }
    position += 1
    out.reserve()
    let start = out.count
    out.put(zeros: 4)
    skipWhiteSpace(json)
    if try byte(json) == UInt8(ascii: "]") {
      position += 1
      out.close(from: start)
      return
    }
    var index = 0
    while true {
      out.reserve()
      let typeIndex = out.count
      out.put(0)
      out.put(decimal: index)
      out.put(0)
      do throws(JSONError) {
        let type = try parseValue(json, depth: depth)
        out.set(typeIndex, to: type.rawValue)
        guard out.count <= limits.documentBytesMax else { throw self.error(.tooLarge) }
      } catch {
        throw error.inside(index: index)
      }
      skipWhiteSpace(json)
      let next = try byte(json)
      position += 1
      if next == UInt8(ascii: "]") { break }
      guard next == UInt8(ascii: ",") else { throw error(.unexpectedByte, at: position - 1) }
      skipWhiteSpace(json)
      index += 1
    }
    out.close(from: start)
  }

  /// Reads the value that begins here, writes its BSON body and returns its type. `depth` is that of what it stands in.
  mutating func parseValue(_ json: borrowing Span<UInt8>, depth: Int) throws(JSONError) -> BSONType {
    switch try byte(json) {
    case UInt8(ascii: "\""):
      out.reserve()
      let start = out.count
      out.put(zeros: 4)
      try parseString(json, isKey: false)
      out.reserve()
      out.put(0)
      out.setLength(out.count - start - 4, at: start)
      return .string
    case UInt8(ascii: "{"):
      try parseObject(json, depth: depth + 1)
      return .document
    case UInt8(ascii: "["):
      try parseArray(json, depth: depth + 1)
      return .array
    case UInt8(ascii: "-"), 0x30...0x39:
      return try parseNumber(json)
    case UInt8(ascii: "t"):
      try expect("true", json)
      out.reserve()
      out.put(1)
      return .bool
    case UInt8(ascii: "f"):
      try expect("false", json)
      out.reserve()
      out.put(0)
      return .bool
    case UInt8(ascii: "n"):
      try expect("null", json)
      return .null
    case UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "N"), UInt8(ascii: "I"):
      throw error(.invalidNumber)
    default:
      throw error(.unexpectedByte)
    }
  }

  private mutating func expect(_ word: StaticString, _ json: borrowing Span<UInt8>) throws(JSONError) {
    guard let next = literalEnd(word, json, at: position) else {
      throw error(position + word.utf8CodeUnitCount > json.count ? .unexpectedEnd : .unexpectedByte)
    }
    position = next
  }
}

/// Index after `word` when the text has it at `position`.
func literalEnd(_ word: StaticString, _ json: borrowing Span<UInt8>, at position: Int) -> Int? {
  let length = word.utf8CodeUnitCount
  guard json.count - position >= length else { return nil }
  for index in 0..<length {
    // A StaticString is constant memory of the length it says.
    if unsafe json[position + index] != word.utf8Start[index] { return nil }
  }
  return position + length
}

/// Space, tab, line feed, carriage return: RFC 8259 section 2.
@inline(__always)
func isWhiteSpace(_ byte: UInt8) -> Bool {
  byte <= 0x20 && (byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09)
}
