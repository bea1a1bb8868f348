/// A string that is compared by its bytes, as MongoDB does.
///
/// Swift's own comparison holds canonically equivalent spellings for equal; as dictionary keys they would merge what the
/// database keeps apart.
public struct ByteString: Hashable, Comparable, Sendable {
  public let string: String

  public init(_ string: String) { self.string = string }

  public static func == (a: ByteString, b: ByteString) -> Bool { a.string.utf8.elementsEqual(b.string.utf8) }

  public static func < (a: ByteString, b: ByteString) -> Bool {
    a.string.utf8.lexicographicallyPrecedes(b.string.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    for byte in string.utf8 { hasher.combine(byte) }
  }
}
