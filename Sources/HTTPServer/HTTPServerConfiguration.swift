import CSockets
import Logging

/// Where and how a server listens, and how far it goes.
public struct HTTPServerConfiguration: Sendable {
  /// Where connections come from.
  public enum Listen: Sendable, Equatable {
    /// A numeric address and a port; 0 lets the kernel choose. The socket has SO_REUSEPORT: a second process may take over.
    case tcp(host: String, port: Int)
    /// A listening socket that the process was started with (systemd's LISTEN_FDS: see `HTTPServer.inheritedSocket`).
    case inherited(descriptor: Int32)
  }

  /// Certificates for TLS, as PEM files.
  public struct TLS: Sendable, Equatable {
    /// The certificate chain, the server's own first.
    public var certificateFile: String
    /// The private key.
    public var privateKeyFile: String
    /// Where clients have to show a certificate: the authorities that may have signed it.
    public var clientAuthorityFile: String?

    /// Certificates for TLS, as PEM files.
    public init(certificateFile: String, privateKeyFile: String, clientAuthorityFile: String? = nil) {
      self.certificateFile = certificateFile
      self.privateKeyFile = privateKeyFile
      self.clientAuthorityFile = clientAuthorityFile
    }
  }

  /// Which web pages of other origins may call.
  public struct CORS: Sendable, Equatable {
    /// Origins such as `https://shop.example`, or `*`.
    public var origins: [String]
    /// The paths it applies to.
    public var pathPrefix: String

    /// Which origins may call which paths.
    public init(origins: [String], pathPrefix: String = "/v1/") {
      self.origins = origins
      self.pathPrefix = pathPrefix
    }
  }

  /// Where connections come from.
  public var listen: Listen
  /// TLS; nil for plain TCP.
  public var tls: TLS?
  /// Cross-origin calls; nil for none.
  public var cors: CORS?
  /// The bounds.
  public var limits: HTTPLimits
  /// How many threads own connections.
  public var loops: Int
  /// Half of the processors, and one at least: the other half is for workers, the kernel and the database beside it. A loop
  /// that shares its processor with whom it answers waits for that one's time slice, which is most of the 99th percentile.
  public static let loopsOfThisMachine = max(1, Int(c360_processors()) / 2)

  /// A configuration.
  public init(
    listen: Listen = .tcp(host: "127.0.0.1", port: 0), tls: TLS? = nil, cors: CORS? = nil,
    limits: HTTPLimits = HTTPLimits(), loops: Int = loopsOfThisMachine
  ) {
    self.listen = listen
    self.tls = tls
    self.cors = cors
    self.limits = limits
    self.loops = max(1, loops)
  }
}

/// Why a server does not start, or keeps its old certificates.
public enum HTTPServerError: Error, Sendable, Equatable {
  /// The address is not numeric, in use, or not allowed: the errno.
  case cannotListen(host: String, port: Int, errno: Int32)
  /// The descriptor is no listening socket.
  case notAListeningSocket(Int32)
  /// A kernel object could not be made: the call's name and the errno.
  case system(call: String, errno: Int32)
  /// OpenSSL refuses the certificate, the key or the authorities: its own words, for the log.
  case tls(String)
  /// `start` was called before.
  case alreadyStarted
}

/// What the application adds to every request.
public struct HTTPHooks: Sendable {
  /// Says who is calling. Runs on the loop when the head is complete, before the body is read, for every route that is not
  /// public: memory only. Throws a `Problem` (401) to end it there.
  public var authenticate: (@Sendable (HTTPRequest) throws -> (any Sendable)?)?
  /// Says whether the principal that `authenticate` returned may go on; as that. Throws a `Problem` (403, 429) if not.
  public var authorize: (@Sendable (HTTPRequest) throws -> Void)?
  /// Turns an application's error into a problem. What it does not know is a 500.
  public var problem: (@Sendable (any Error) -> Problem?)?
  /// Told about every answer after it was written, those of one turn of a loop together. Runs on the loop: it must not block.
  public var observe: (@Sendable ([HTTPObservation]) -> Void)?

  /// Hooks; each may be left out.
  public init(
    authenticate: (@Sendable (HTTPRequest) throws -> (any Sendable)?)? = nil,
    authorize: (@Sendable (HTTPRequest) throws -> Void)? = nil,
    problem: (@Sendable (any Error) -> Problem?)? = nil,
    observe: (@Sendable ([HTTPObservation]) -> Void)? = nil
  ) {
    self.authenticate = authenticate
    self.authorize = authorize
    self.problem = problem
    self.observe = observe
  }
}
