/// A document: a window on shared, immutable bytes. Nested documents and arrays share the storage of the outermost.
///
/// Bytes come in three ways: `init(validating:)` checks everything and is for bytes from strangers; `init(trusting:)` and
/// `init(copying:)` take bytes that `BSONWriter` or the server made. Trusted bytes that are malformed all the same never
/// trap: fields from the fault on are not seen.
public struct BSONDocument: Sendable {
  let storage: [UInt8]
  // Where the document lies in the storage. 32 bits each: BSON lengths are Int32.
  private let lower: UInt32
  private let upper: UInt32

  /// An empty document.
  public init() {
    self.init(trusting: emptyDocumentBytes)
  }

  /// Bytes from a stranger: structure, every length, every terminator, UTF-8 and depth are checked.
  public init(validating bytes: [UInt8], limits: BSONLimits = BSONLimits()) throws(BSONError) {
    try validateDocument(bytes.span, limits: limits)
    self.init(trusting: bytes)
  }

  /// Bytes made by `BSONWriter` or received from the server. Bytes that cannot be a document read as an empty one.
  public init(trusting bytes: [UInt8]) {
    self.init(storage: bytes, from: 0, to: bytes.count)
  }

  /// A copy of bytes that live only for the call, such as the driver's buffer; trusted.
  public init(copying bytes: borrowing Span<UInt8>) {
    self.init(
      trusting: [UInt8](capacity: bytes.count) { output in
        appendBytes(of: bytes, to: &output)
      })
  }

  /// Builds a document field by field.
  public init<E: Error>(_ build: (inout BSONWriter) throws(E) -> Void) throws(E) {
    var writer = BSONWriter()
    try build(&writer)
    self = writer.finish()
  }

  /// The document in `storage[from..<to]`: its length prefix decides where it ends; empty when that does not fit.
  init(storage: [UInt8], from: Int, to: Int) {
    var length = 0
    if to <= storage.count, to <= Int(UInt32.max), to - from >= 5 {
      length = Int(loadInt32(storage.span, at: from))
    }
    let fits = length >= 5 && length <= to - from
    self.storage = fits ? storage : emptyDocumentBytes
    lower = fits ? UInt32(truncatingIfNeeded: from) : 0
    upper = fits ? UInt32(truncatingIfNeeded: from + length) : 5
  }

  var start: Int { Int(lower) }
  var end: Int { Int(upper) }
  /// Index of the first element's type byte.
  var firstElement: Int { Int(lower) + 4 }
  /// Index of the NUL that closes the document.
  var terminator: Int { Int(upper) - 1 }

  /// The complete document, length prefix and closing NUL included.
  public var bytes: ArraySlice<UInt8> { storage[start..<end] }

  /// Length in bytes of the complete document.
  public var byteCount: Int { end - start }

  /// Runs `body` on the complete document's bytes.
  public func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    try body(storage.span.extracting(start..<end))
  }

  /// Whether there is no field.
  public var isEmpty: Bool { byteCount == 5 }

  /// Number of fields; walks them.
  public var count: Int {
    var count = 0
    var position = firstElement
    while let layout = ElementLayout(in: storage.span, at: position, limit: terminator) {
      count += 1
      position = layout.end
    }
    return count
  }
}

extension BSONDocument: Sequence {
  /// Walks the fields in order.
  public func makeIterator() -> Iterator { Iterator(self) }
}

extension BSONDocument: Hashable {
  /// Equality of bytes: order of fields and types of numbers count.
  public static func == (a: BSONDocument, b: BSONDocument) -> Bool {
    guard a.byteCount == b.byteCount else { return false }
    let left = a.storage.span.extracting(a.start..<a.end)
    let right = b.storage.span.extracting(b.start..<b.end)
    var index = 0
    while left.count - index >= 8 {
      if loadUInt64(left, at: index) != loadUInt64(right, at: index) { return false }
      index += 8
    }
    while index < left.count {
      if left[index] != right[index] { return false }
      index += 1
    }
    return true
  }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    withBytes { bytes in
      // The bytes live for the closure.
      unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
  }
}

/// Length 5, no elements, NUL.
private let emptyDocumentBytes: [UInt8] = [5, 0, 0, 0, 0]

/// Appends a whole span: one memcpy.
func appendBytes(of source: borrowing Span<UInt8>, to output: inout OutputSpan<UInt8>) {
  // Both buffers live for the call; the count is bounded by the free capacity.
  unsafe source.withUnsafeBufferPointer { from in
    unsafe output.withUnsafeMutableBufferPointer { to, initialized in
      let count = Swift.min(from.count, to.count - initialized)
      guard count > 0, let base = from.baseAddress, let target = to.baseAddress else { return }
      unsafe (target + initialized).update(from: base, count: count)
      initialized += count
    }
  }
}
