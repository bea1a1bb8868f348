/// Reads many objects with the same memory: what `JSONDecoding.document` does, for the items of a batch.
public struct JSONReader: ~Copyable {
  private var parser: JSONParser

  /// A reader; `capacity` is the size in bytes of the documents it is expected to make.
  public init(limits: JSONLimits = JSONLimits(), capacity: Int = 1024) {
    parser = JSONParser(limits: limits, capacity: capacity)
  }

  /// Reads one object; white space around it is allowed, anything else is not.
  public mutating func document(from json: borrowing Span<UInt8>) throws(JSONError) -> BSONDocument {
    try read(json)
    return BSONDocument(trusting: parser.out.bytes)
  }

  /// Reads one object and lends its document: nothing is copied.
  public mutating func withDocument<R>(
    from json: borrowing Span<UInt8>, _ body: (Span<UInt8>) -> R
  ) throws(JSONError) -> R {
    try read(json)
    return parser.out.withSpan(body)
  }

  private mutating func read(_ json: borrowing Span<UInt8>) throws(JSONError) {
    parser.restart()
    try parser.skipWhiteSpaceToFirstByte(json)
    guard json[parser.position] == UInt8(ascii: "{") else { throw parser.error(.notAnObject) }
    try parser.parseObject(json, depth: 1)
    try parser.expectEnd(json)
  }
}
