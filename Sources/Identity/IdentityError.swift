/// What is wrong with rules that somebody sent.
public enum IdentityError: Error, Sendable {
  /// The faults, each where it is.
  case invalidRules([Fault])

  /// One fault of a document.
  public struct Fault: Sendable, Equatable {
    /// Where: a JSON Pointer (RFC 6901).
    public let pointer: String
    /// A stable word for programs.
    public let code: String
    /// A sentence for people.
    public let detail: String
  }
}
