extension BSONWriter {
  /// Appends a string field of bytes from a stranger. False, and nothing is appended, when they are not UTF-8.
  public mutating func append(_ key: String, utf8 text: ArraySlice<UInt8>) -> Bool {
    guard firstInvalidUTF8(text.span, from: 0, to: text.count) == nil else { return false }
    header(.string, key)
    appendInteger(Int32(truncatingIfNeeded: text.count + 1))
    copy(text.span)
    storage.append(0)
    return true
  }
}
