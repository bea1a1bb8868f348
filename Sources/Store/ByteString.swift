/// A string that is compared by its bytes, as MongoDB does.
///
/// Swift's own comparison holds canonically equivalent spellings for equal; as dictionary keys they would merge what the
/// database keeps apart.
public struct ByteString: Hashable, Comparable, Sendable {
  /// The text.
  public let string: String

  /// A text to be compared by its bytes.
  public init(_ string: String) { self.string = string }

  /// Equal bytes.
  public static func == (a: ByteString, b: ByteString) -> Bool { a.string.utf8.elementsEqual(b.string.utf8) }

  /// The order of bytes, which is MongoDB's.
  public static func < (a: ByteString, b: ByteString) -> Bool {
    a.string.utf8.lexicographicallyPrecedes(b.string.utf8)
  }

  /// Feeds the bytes.
  public func hash(into hasher: inout Hasher) {
    for byte in string.utf8 { hasher.combine(byte) }
  }
}
