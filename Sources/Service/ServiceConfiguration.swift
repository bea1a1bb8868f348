import HTTPServer
import Ingestion
import Store

/// How a service listens and behaves, apart from where its data is.
public struct ServiceConfiguration: Sendable {
  /// Socket, TLS, cross-origin rules and limits of the HTTP server.
  public var http: HTTPServerConfiguration
  /// Completes telephone numbers without a country calling code.
  public var region: PhoneRegion
  /// Bounds on batches and their items.
  public var ingest: IngestLimits
  /// How fast source data and requests may come.
  public var intake: IntakeLimits
  /// Time that one request has for the database, in milliseconds; a little less than the server's `handlerTimeoutMs`, so that
  /// the answer says what was waited for.
  public var requestTimeoutMs: Int
  /// The currency of money features, as the projector has it.
  public var currency: String?
  /// Units of that currency for one unit of another.
  public var rates: [String: Double]
  /// Between two looks at the API keys, in milliseconds.
  public var keyRefreshMs: Int
  /// How the tokens of Google Pub/Sub's push requests are verified; nil takes API keys only.
  public var pushTokens: PushTokens?
  /// Takes the access log's lines, some at a time, on the server's loops: it must not block for long.
  public var accessLog: @Sendable ([UInt8]) -> Void

  /// A configuration; the defaults listen on loopback, on a port that the kernel chooses.
  public init(
    http: HTTPServerConfiguration = .init(), region: PhoneRegion = .northAmerica, ingest: IngestLimits = .init(),
    intake: IntakeLimits = .init(),
    requestTimeoutMs: Int = 7_500, currency: String? = nil, rates: [String: Double] = [:], keyRefreshMs: Int = 2_000,
    pushTokens: PushTokens? = nil, accessLog: @escaping @Sendable ([UInt8]) -> Void = { _ in }
  ) {
    self.http = http
    self.region = region
    self.ingest = ingest
    self.intake = intake
    self.requestTimeoutMs = min(requestTimeoutMs, max(http.limits.handlerTimeoutMs - 250, 250))
    self.currency = currency
    self.rates = rates
    self.keyRefreshMs = keyRefreshMs
    self.pushTokens = pushTokens
    self.accessLog = accessLog
  }

  /// What the tokens of push requests are held against.
  public struct PushTokens: Sendable {
    /// What they must say.
    public var policy: PushTokenPolicy
    /// Reads the JWK set of the keys that they are signed with; blocks.
    public var read: @Sendable () throws -> [UInt8]

    /// Settings.
    public init(policy: PushTokenPolicy, read: @escaping @Sendable () throws -> [UInt8]) {
      self.policy = policy
      self.read = read
    }
  }

  /// Whether only this machine can reach the service: then it may run without keys.
  var isLoopbackOnly: Bool {
    guard case .tcp(let host, _) = http.listen else { return false }
    return host == "::1" || host.hasPrefix("127.")
  }
}
