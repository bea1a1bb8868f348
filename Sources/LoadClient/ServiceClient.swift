/// Single calls to the service's API, for commands that need no more.
public struct ServiceClient: Sendable {
  /// What the service answered.
  public struct Answer: Sendable {
    /// The HTTP status.
    public let status: Int
    /// The body, as it came.
    public let body: [UInt8]
  }

  private let url: String
  private let key: String?

  /// - Parameter key: an API key, sent as a bearer token.
  public init(url: String, key: String? = nil) {
    self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
    self.key = key
  }

  /// `GET` of a path.
  public func get(_ path: String) throws(LoadError) -> Answer {
    try answer(HTTPConnection(url: url + path, authorities: nil).get(fields: fields))
  }

  /// `POST` of a JSON body to a path.
  public func post(_ path: String, json: String) throws(LoadError) -> Answer {
    let connection = try HTTPConnection(url: url + path, authorities: nil)
    return try answer(connection.post(Array(json.utf8), fields: fields + [("Content-Type", "application/json")]))
  }

  private var fields: [HTTPConnection.Field] { key.map { [("Authorization", "Bearer \($0)")] } ?? [] }

  private func answer(_ reply: HTTPConnection.Reply) throws(LoadError) -> Answer {
    switch reply {
    case .answered(let status, _, let body): return Answer(status: status, body: body)
    case .failed(let reason): throw .unreachable(url: url, reason: reason)
    }
  }
}
