/// JSON to BSON, strictly after RFC 8259, in one pass from bytes to bytes.
///
/// Refused beyond the grammar: text that is not UTF-8, duplicate keys, lone surrogates, NUL in a key, integers outside
/// Int64, numbers beyond every double, nesting past the limit. Integers become int32 where they fit, else int64; numbers
/// with a fraction or an exponent become doubles, correctly rounded (below the smallest they become zero). Time and
/// memory are linear in the text.
public enum JSONDecoding {
  /// Reads one object; white space around it is allowed, anything else is not.
  public static func document(
    from json: borrowing Span<UInt8>, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> BSONDocument {
    var reader = JSONReader(limits: limits, capacity: json.count + 64)
    return try reader.document(from: json)
  }

  /// Reads one value of any kind; white space around it is allowed, anything else is not.
  public static func value(
    from json: borrowing Span<UInt8>, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> BSONValue {
    var parser = JSONParser(limits: limits, capacity: json.count + 64)
    try parser.skipWhiteSpaceToFirstByte(json)
    // A document of one field with an empty key around the value.
    parser.out.reserve()
    parser.out.put(zeros: 6)
    let type = try parser.parseValue(json, depth: 0)
    try parser.expectEnd(json)
    parser.out.set(4, to: type.rawValue)
    parser.out.close(from: 0)
    return BSONDocument(trusting: parser.out.bytes)[""] ?? .undefined
  }
}
