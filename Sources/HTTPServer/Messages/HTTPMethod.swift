/// A request method of RFC 9110 section 9, RFC 5789, or OpenAPI 3.2 (QUERY: a safe method with content). Method names are case-sensitive; any other token is answered 501.
public enum HTTPMethod: String, Sendable, Hashable, CaseIterable {
  case get = "GET"
  case head = "HEAD"
  case post = "POST"
  case put = "PUT"
  case patch = "PATCH"
  case delete = "DELETE"
  case query = "QUERY"
  case options = "OPTIONS"
  case trace = "TRACE"
  case connect = "CONNECT"

  /// Whether a body of this method is content with a media type that the route has to take.
  public var carriesContent: Bool { self == .post || self == .put || self == .patch || self == .query }

  init?(token: borrowing Span<UInt8>, _ range: ByteRange) {
    switch range.count {
    case 3 where token.holds("GET", at: range): self = .get
    case 3 where token.holds("PUT", at: range): self = .put
    case 4 where token.holds("POST", at: range): self = .post
    case 4 where token.holds("HEAD", at: range): self = .head
    case 5 where token.holds("PATCH", at: range): self = .patch
    case 5 where token.holds("QUERY", at: range): self = .query
    case 5 where token.holds("TRACE", at: range): self = .trace
    case 6 where token.holds("DELETE", at: range): self = .delete
    case 7 where token.holds("OPTIONS", at: range): self = .options
    case 7 where token.holds("CONNECT", at: range): self = .connect
    default: return nil
    }
  }
}
