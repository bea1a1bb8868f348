import CSockets

/// Every bound of the server. Reaching one gives the answer named beside it, never a stall. The unit stands last in the
/// name; `all` lists them by name for a command line, an environment and a `/limits` route.
public struct HTTPLimits: Sendable, Equatable {
  /// Longest request line, without CR LF: 414.
  public var requestLineBytesMax = 8_192
  /// Largest header section, every field line with its CR LF: 431.
  public var headBytesMax = 32_768
  /// Most header fields: 431.
  public var headerFieldsMax = 100
  /// Most empty lines before a request line: 400.
  public var emptyLinesMax = 8
  /// Largest body after decoding; caps the limit of every route: 413.
  public var bodyBytesMax = 8 * 1_048_576
  /// Longest line of a chunk, without CR LF: 400.
  public var chunkLineBytesMax = 256
  /// All chunk extensions of a body together: 400.
  public var chunkExtensionsBytesMax = 4_096
  /// Largest trailer section: 431.
  public var trailersBytesMax = 4_096
  /// Unread bytes per connection; then reading pauses.
  public var inputBufferBytesMax = 65_536
  /// Open connections: 503 with Retry-After, and close.
  public var connectionsMax = min(max(Int(c360_descriptor_limit()) - 128, 64), 12_000)
  /// Open connections from one address, 0 for no limit: 503 with Retry-After, and close.
  public var connectionsPerAddressMax = 1_000
  /// From the first byte of a head (or from the connect, for a TLS handshake) to its last: 408 and close.
  public var headTimeoutMs = 10_000
  /// From the end of the head to the last byte of the body: 408 and close.
  public var bodyTimeoutMs = 30_000
  /// Slowest body, measured over `bodyRateWindowMs`: 408 and close.
  public var bodyRateBytesPerSMin = 1_024
  /// How long the rate of a body is measured before it is judged.
  public var bodyRateWindowMs = 10_000
  /// Between requests: the connection closes silently.
  public var idleTimeoutMs = 60_000
  /// While a response waits for the client without any progress: the connection is reset.
  public var writeTimeoutMs = 30_000
  /// From the end of a request to its answer: 503.
  public var handlerTimeoutMs = 8_000
  /// Bodies and answers held in memory over all connections: 503 with Retry-After.
  public var bytesInFlightMax = 256 * 1_048_576
  /// Threads that run handlers which may block.
  public var workersMax = 32
  /// Of these, how many may run handlers that write (`.onWriters`) at a time; at least one is always left to the others.
  public var writersMax = 24
  /// Requests that wait for a worker, those that write apart: 503 with Retry-After.
  public var workerQueueMax = 1_024
  /// The body of a refused request that is still read so that its connection can go on; a larger one closes it.
  public var discardBytesMax = 65_536
  /// How long, after the last response, the client's further bytes are read and dropped before the connection closes.
  public var lingerTimeoutMs = 2_000
  /// How many such bytes.
  public var lingerBytesMax = 1_048_576
  /// How long idle connections stay open once draining has begun, to answer what is already on its way.
  public var drainIdleTimeoutMs = 1_000
  /// How long draining waits for requests in flight: longer than a handler may take, and short enough that a process that
  /// has more to end than its server is gone within fifteen seconds.
  public var drainTimeoutMs = 10_000
  /// Smallest response that is compressed.
  public var compressBytesMin = 1_024
  /// Largest ratio of a compressed request body, judged after `inflateRatioGraceBytes` of output: 413.
  public var inflateRatioMax = 100
  /// Output that a compressed request may reach whatever its ratio.
  public var inflateRatioGraceBytes = 1_048_576
  /// What a streamed answer produces ahead of its client, and what a streamed request body gathers before it is handed on.
  public var streamBufferBytesMax = 65_536
  /// The value of `Retry-After` when the server is overloaded.
  public var retryAfterS = 1

  /// The defaults.
  public init() {}

  /// A limit by the name of its property.
  public struct Named: Sendable {
    /// The name, `headBytesMax`.
    public let name: String
    /// The property.
    public let keyPath: any WritableKeyPath<HTTPLimits, Int> & Sendable

    init(_ name: String, _ keyPath: any WritableKeyPath<HTTPLimits, Int> & Sendable) {
      self.name = name
      self.keyPath = keyPath
    }
  }

  /// All limits, in the order of this file.
  public static let all: [Named] = [
    Named("requestLineBytesMax", \.requestLineBytesMax), Named("headBytesMax", \.headBytesMax),
    Named("headerFieldsMax", \.headerFieldsMax), Named("emptyLinesMax", \.emptyLinesMax),
    Named("bodyBytesMax", \.bodyBytesMax), Named("chunkLineBytesMax", \.chunkLineBytesMax),
    Named("chunkExtensionsBytesMax", \.chunkExtensionsBytesMax), Named("trailersBytesMax", \.trailersBytesMax),
    Named("inputBufferBytesMax", \.inputBufferBytesMax), Named("connectionsMax", \.connectionsMax),
    Named("connectionsPerAddressMax", \.connectionsPerAddressMax), Named("headTimeoutMs", \.headTimeoutMs),
    Named("bodyTimeoutMs", \.bodyTimeoutMs), Named("bodyRateBytesPerSMin", \.bodyRateBytesPerSMin),
    Named("bodyRateWindowMs", \.bodyRateWindowMs), Named("idleTimeoutMs", \.idleTimeoutMs),
    Named("writeTimeoutMs", \.writeTimeoutMs), Named("handlerTimeoutMs", \.handlerTimeoutMs),
    Named("bytesInFlightMax", \.bytesInFlightMax), Named("workersMax", \.workersMax),
    Named("writersMax", \.writersMax), Named("workerQueueMax", \.workerQueueMax),
    Named("discardBytesMax", \.discardBytesMax),
    Named("lingerTimeoutMs", \.lingerTimeoutMs), Named("lingerBytesMax", \.lingerBytesMax),
    Named("drainIdleTimeoutMs", \.drainIdleTimeoutMs), Named("drainTimeoutMs", \.drainTimeoutMs),
    Named("compressBytesMin", \.compressBytesMin), Named("inflateRatioMax", \.inflateRatioMax),
    Named("inflateRatioGraceBytes", \.inflateRatioGraceBytes),
    Named("streamBufferBytesMax", \.streamBufferBytesMax), Named("retryAfterS", \.retryAfterS),
  ]
}
