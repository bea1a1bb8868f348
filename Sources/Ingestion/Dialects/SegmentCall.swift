/// The calls of Segment's HTTP tracking API.
public enum SegmentCall: String, Sendable, CaseIterable {
  /// What somebody did.
  case track
  /// Who somebody is.
  case identify
  /// A page was seen.
  case page
  /// A screen of an app was seen.
  case screen
  /// Somebody belongs to a group.
  case group
  /// Two ids are one person.
  case alias
  /// Several of these.
  case batch

  /// A call by the last part of its path, such as `track` or its short form `t`.
  public init?(path: String) {
    switch path {
    case "t": self = .track
    case "i": self = .identify
    case "p": self = .page
    case "s": self = .screen
    case "g": self = .group
    case "a": self = .alias
    case "b", "import": self = .batch
    default: self.init(rawValue: path)
    }
  }
}
