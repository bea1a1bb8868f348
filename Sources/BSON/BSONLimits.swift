/// What a document may be at most. The defaults are the server's.
public struct BSONLimits: Sendable, Hashable {
  /// Length of a whole document. MongoDB stores at most 16 MiB; 16 KiB more are allowed for commands and replies.
  public var documentBytesMax: Int
  /// Nesting of documents and arrays, the outermost counted as one. MongoDB stores at most 100.
  public var depthMax: Int

  /// Limits; the server's where not given.
  public init(documentBytesMax: Int = 16 * 1024 * 1024 + 16 * 1024, depthMax: Int = 100) {
    self.documentBytesMax = documentBytesMax
    self.depthMax = depthMax
  }
}
