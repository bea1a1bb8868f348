/// Why bytes are not a BSON document.
public enum BSONError: Error, Sendable, Equatable {
  /// Fewer bytes than the length prefix, or an element, promises. `offset` is where reading stopped.
  case truncated(offset: Int)
  /// More bytes than the length prefix promises.
  case trailingBytes(offset: Int)
  /// A structural rule is broken: an unknown type byte, a missing terminator, a wrong inner length.
  case malformed(String, offset: Int)
  /// A key or a string is not UTF-8.
  case invalidUTF8(offset: Int)
  /// Documents and arrays nest deeper than the limit.
  case tooDeep(limit: Int)
  /// The document is longer than the limit.
  case tooLarge(bytes: Int, limit: Int)
}
