/// A field line of a request: where its name and its value stand.
struct FieldRange: Equatable, Sendable {
  var name: ByteRange
  var value: ByteRange
}

/// Where the parts of a request's head stand in its bytes, and what they say about the message and the connection.
/// Reused from one request to the next: clearing keeps the memory.
struct RequestHead: Sendable {
  enum TargetForm: UInt8, Sendable { case origin, absolute, asterisk, authority }
  enum Expectation: UInt8, Sendable { case none, continue100, other }

  /// The method, nil for a token that is none of ours.
  var method: HTTPMethod?
  var methodToken = ByteRange.none
  var minorVersion: UInt8 = 1
  var form = TargetForm.origin
  var target = ByteRange.none
  /// Path without the query; none for `*` and the authority form; an absolute target without a path has an empty one.
  var path = ByteRange.none
  var query = ByteRange.none
  /// The authority of the target where it has one, else the value of Host.
  var authority = ByteRange.none
  var fields: [FieldRange] = []
  /// The declared length, or -1.
  var contentLength = -1
  var isChunked = false
  var expectation = Expectation.none
  /// Whether the connection may go on after this request, as far as the client says.
  var isPersistent = true
  var contentLengthField = ByteRange.none
  var transferEncodingField = ByteRange.none
  var hostSeen = false
  var saysClose = false
  var saysKeepAlive = false
  /// How many bytes from the first to the end of the empty line.
  var byteCount = 0

  var hasBody: Bool { isChunked || contentLength > 0 }

  mutating func clear() {
    method = nil
    methodToken = .none
    minorVersion = 1
    form = .origin
    target = .none
    path = .none
    query = .none
    authority = .none
    fields.removeAll(keepingCapacity: true)
    contentLength = -1
    isChunked = false
    expectation = .none
    isPersistent = true
    contentLengthField = .none
    transferEncodingField = .none
    hostSeen = false
    saysClose = false
    saysKeepAlive = false
    byteCount = 0
  }
}
