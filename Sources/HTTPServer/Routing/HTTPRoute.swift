/// What a route accepts, beside its method and its path.
public struct RouteOptions: Sendable {
  /// Largest decoded body; the server's `bodyBytesMax` caps it.
  public var bodyBytesMax: Int
  /// The media types of bodies that POST, PUT and PATCH may carry. Any other is answered 415 with `Accept`.
  public var mediaTypes: [MediaType]
  /// Whether the `authenticate` hook is left out.
  public var isPublic: Bool
  /// Whether the query is left alone: probes answer whatever is in it.
  public var ignoresQuery: Bool
  /// Whether answers may be compressed. Leave it off where a secret stands beside text that a client chooses.
  public var compresses: Bool
  /// Own words of the application, for its hooks: scopes, rate classes.
  public var tags: [String]

  /// Options; the defaults take a JSON body of the server's largest size and ask who is calling.
  public init(
    bodyBytesMax: Int = .max, mediaTypes: [MediaType] = [.json], isPublic: Bool = false, ignoresQuery: Bool = false,
    compresses: Bool = true, tags: [String] = []
  ) {
    self.bodyBytesMax = bodyBytesMax
    self.mediaTypes = mediaTypes
    self.isPublic = isPublic
    self.ignoresQuery = ignoresQuery
    self.compresses = compresses
    self.tags = tags
  }
}

/// One method on one path pattern.
public final class HTTPRoute: Sendable {
  /// Where a handler runs.
  public enum Place: Sendable {
    /// On the loop that owns the connection: memory only, microseconds.
    case onLoop
    /// On a worker thread: may block.
    case onWorkers
    /// On a worker thread, of which `writersMax` run such handlers at a time: for what may block long, such as a write that
    /// waits to be durable, so that it cannot take the threads of all that reads.
    case onWriters
  }

  /// Answers a request.
  public typealias Handler = @Sendable (HTTPRequest) throws -> HTTPResponse
  /// Answers a request on the loop that owns the connection when memory alone suffices: microseconds, and nothing that blocks. Nil
  /// leaves it to the route's ordinary handler, on a worker.
  public typealias QuickHandler = @Sendable (HTTPRequest) throws -> HTTPResponse?
  /// Opens what takes a streamed request's body.
  public typealias Opener = @Sendable (HTTPRequest) throws -> any HTTPBodyConsumer

  enum Action: Sendable {
    case handle(Handler)
    case consume(Opener)
  }

  /// The method. A route of GET answers HEAD too.
  public let method: HTTPMethod
  /// The pattern as it was given, `/customers/{id}`.
  public let pattern: String
  /// Where the handler runs.
  public let place: Place
  /// What it accepts.
  public let options: RouteOptions
  /// The names in braces, in order.
  public let parameterNames: [String]
  let action: Action
  let gathering: Gathering?
  let quick: QuickHandler?

  init(
    method: HTTPMethod, pattern: PathPattern, place: Place, options: RouteOptions, action: Action,
    gathering: Gathering? = nil, quick: QuickHandler? = nil
  ) {
    self.method = method
    self.pattern = pattern.text
    self.place = place
    self.options = options
    self.action = action
    self.gathering = gathering
    self.quick = quick
    parameterNames = pattern.parameterNames
  }
}
