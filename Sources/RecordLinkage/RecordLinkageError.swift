/// What can go wrong here.
public enum RecordLinkageError: Error, Equatable {
  /// Bytes that are no model of this release.
  case unreadableModel(String)
}
