extension BSONDocument {
  /// The first field of that name: a linear scan that compares bytes.
  public func element(_ key: String) -> BSONElement? {
    guard let layout = layout(of: key) else { return nil }
    return BSONElement(storage: storage, layout: layout)
  }

  /// The value of the first field of that name.
  public subscript(_ key: String) -> BSONValue? {
    guard let layout = layout(of: key) else { return nil }
    return BSONValue(storage: storage, layout: layout)
  }

  /// Whether there is a field of that name, of whatever type.
  public func contains(_ key: String) -> Bool { layout(of: key) != nil }

  /// The text of a string field; nil when absent or of another type.
  public func string(_ key: String) -> String? { self[key]?.stringValue }

  /// The number of an int32, int64 or integral double field; nil when absent or anything else.
  public func int(_ key: String) -> Int? { self[key]?.intValue }

  /// The number of any numeric field as a double; nil when absent or of another type.
  public func double(_ key: String) -> Double? { self[key]?.doubleValue }

  /// The value of a bool field; nil when absent or of another type.
  public func bool(_ key: String) -> Bool? { self[key]?.boolValue }

  /// The moment of a date field; nil when absent or of another type.
  public func date(_ key: String) -> BSONDate? { self[key]?.dateValue }

  /// The document of a document field, sharing the storage; nil when absent or of another type.
  public func document(_ key: String) -> BSONDocument? { self[key]?.documentValue }

  /// The array of an array field, sharing the storage; nil when absent or of another type.
  public func array(_ key: String) -> BSONArray? { self[key]?.arrayValue }

  /// The id of an ObjectId field; nil when absent or of another type.
  public func objectID(_ key: String) -> BSONObjectID? { self[key]?.objectIDValue }

  /// The bytes of a binary field; nil when absent or of another type.
  public func binary(_ key: String) -> BSONBinary? { self[key]?.binaryValue }

  private func layout(of key: String) -> ElementLayout? {
    let wanted = key.utf8.span
    let bytes = storage.span
    var position = firstElement
    while let layout = ElementLayout(in: bytes, at: position, limit: terminator) {
      if layout.keyEnd - layout.keyStart == wanted.count {
        var index = 0
        while index < wanted.count, bytes[layout.keyStart + index] == wanted[index] { index += 1 }
        if index == wanted.count { return layout }
      }
      position = layout.end
    }
    return nil
  }
}
