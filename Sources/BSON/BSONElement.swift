/// One field of a document: a window on the document's bytes.
public struct BSONElement: Sendable {
  let storage: [UInt8]
  let layout: ElementLayout

  init(storage: [UInt8], layout: ElementLayout) {
    self.storage = storage
    self.layout = layout
  }

  /// The type byte.
  public var type: BSONType { layout.type }

  /// The key as text.
  public var key: String { String(decoding: keyBytes, as: UTF8.self) }

  /// The key's bytes, without the NUL.
  public var keyBytes: ArraySlice<UInt8> { storage[layout.keyStart..<layout.keyEnd] }

  /// The value's bytes as they stand in the document.
  public var valueBytes: ArraySlice<UInt8> { storage[layout.valueStart..<layout.end] }

  /// The bytes of a string's text; nil for another type.
  public var textBytes: ArraySlice<UInt8>? {
    // Four bytes of length before, a NUL behind: the layout has seen that both are there.
    layout.type == .string ? storage[layout.valueStart + 4..<layout.end - 1] : nil
  }

  /// Lends the bytes that the element stands in, and where in them it lies.
  public func withBytes<R, E: Error>(
    _ body: (BSONScan.Field, borrowing Span<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    let place = BSONScan.Field(
      type: layout.type, key: layout.keyStart..<layout.keyEnd, value: layout.valueStart..<layout.end)
    return try body(place, storage.span)
  }

  /// Whether the key's bytes are those of `text`; makes no String.
  public func keyEquals(_ text: StaticString) -> Bool {
    guard text.hasPointerRepresentation, layout.keyEnd - layout.keyStart == text.utf8CodeUnitCount else { return false }
    // A StaticString with a pointer is constant memory of the length it says.
    let wanted = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    return unsafe storage[layout.keyStart..<layout.keyEnd].elementsEqual(wanted)
  }

  /// Whether the key's bytes are those of `text`.
  public func keyEquals(_ text: String) -> Bool { keyBytes.elementsEqual(text.utf8) }

  /// The value. Documents and arrays share the storage; strings are copied.
  public var value: BSONValue { BSONValue(storage: storage, layout: layout) }
}

extension BSONDocument {
  /// Walks the fields in order; ends early where bytes that were only trusted turn out malformed.
  public struct Iterator: IteratorProtocol {
    let storage: [UInt8]
    var position: Int
    let limit: Int

    init(_ document: BSONDocument) {
      storage = document.storage
      position = document.firstElement
      limit = document.terminator
    }

    /// The next field, or nil at the end.
    public mutating func next() -> BSONElement? {
      guard position < limit, let layout = ElementLayout(in: storage.span, at: position, limit: limit) else {
        return nil
      }
      position = layout.end
      return BSONElement(storage: storage, layout: layout)
    }
  }
}
