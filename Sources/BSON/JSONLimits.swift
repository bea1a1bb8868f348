/// What a JSON text may be at most, beyond what RFC 8259 says.
public struct JSONLimits: Sendable, Hashable {
  /// Nesting of objects and arrays, the outermost counted as one.
  public var depthMax: Int
  /// Length of the resulting BSON document: 16 KiB below what MongoDB stores, so that fields can be added.
  public var documentBytesMax: Int
  /// Items of an array that is split.
  public var itemsMax: Int
  /// Whether strings (never keys) may hold U+0000.
  public var allowsNULInStrings: Bool

  /// Limits; the defaults where not given.
  public init(
    depthMax: Int = 64, documentBytesMax: Int = 16 * 1024 * 1024 - 16 * 1024, itemsMax: Int = 100_000,
    allowsNULInStrings: Bool = true
  ) {
    self.depthMax = depthMax
    self.documentBytesMax = documentBytesMax
    self.itemsMax = itemsMax
    self.allowsNULInStrings = allowsNULInStrings
  }
}
