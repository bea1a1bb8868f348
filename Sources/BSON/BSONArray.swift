/// An array: a document whose keys are positions. Order is that of the bytes, whatever the keys say.
public struct BSONArray: Sendable, Hashable, Sequence {
  /// The array's bytes as a document.
  public let document: BSONDocument

  /// An empty array.
  public init() { document = BSONDocument() }

  /// The values of a document, in order.
  public init(_ document: BSONDocument) { self.document = document }

  /// Builds an array value by value.
  public init<E: Error>(_ build: (inout BSONArrayWriter) throws(E) -> Void) throws(E) {
    var writer = BSONArrayWriter(BSONWriter())
    try build(&writer)
    document = writer.writer.finish()
  }

  /// Number of values; walks them.
  public var count: Int { document.count }

  /// Whether there is no value.
  public var isEmpty: Bool { document.isEmpty }

  /// Walks the values in order.
  public func makeIterator() -> Iterator { Iterator(elements: document.makeIterator()) }

  /// Walks the values in order.
  public struct Iterator: IteratorProtocol {
    var elements: BSONDocument.Iterator

    /// The next value, or nil at the end.
    public mutating func next() -> BSONValue? { elements.next()?.value }
  }
}
