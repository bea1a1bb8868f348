/// What can be wrong with compressed bytes.
public enum GzipError: Error, Sendable, Equatable {
  /// Not gzip, or damaged.
  case malformed
  /// The bytes end within a gzip member.
  case truncated
}
