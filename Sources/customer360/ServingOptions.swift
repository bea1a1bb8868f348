import ArgumentParser
import Connectors
import HTTPServer
import Logging
import Service
import Store

/// How the service listens and behaves: the options of `serve` and `demo`.
struct ServingOptions: ParsableArguments {
  @Option(help: "Address to listen on. (default: 127.0.0.1)")
  var host: String?

  @Option(help: "Port to listen on; 0 picks a free one. (default: 8360)")
  var port: Int?

  @Option(help: ArgumentHelp("PEM file with the certificate chain: TLS instead of plain TCP.", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("PEM file with the private key.", valueName: "file"))
  var tlsKey: String?

  @Option(
    help: ArgumentHelp("PEM file with authorities; clients must show a certificate of theirs.", valueName: "file"))
  var tlsClientCa: String?

  @Option(help: ArgumentHelp("Origins that may call /v1/*, separated by commas.", valueName: "origins"))
  var corsOrigins: String?

  @Option(help: ArgumentHelp("Threads that own connections. (default: half of the processors)", valueName: "n"))
  var loops: Int?

  @Option(help: "Currency of money features, an ISO 4217 code. (default: that of the first order)")
  var currency: String?

  @Option(
    help: ArgumentHelp(
      "What other currencies are worth in it, such as EUR=1.08,GBP=1.27; orders in others are left out and counted.",
      valueName: "rates"))
  var currencyRates: String?

  @Option(help: "Log level: trace, debug, info, notice, warning, error, critical. (default: info)")
  var logLevel: String?

  @Flag(help: "Serve only; another replica keeps the customers current.")
  var noProjector = false

  @Option(
    help: ArgumentHelp(
      "JSON or YAML file of sources that the service asks by itself: PostgreSQL, mailboxes, MongoDB, files.",
      valueName: "file")
  )
  var sources: String?

  @OptionGroup(title: "Intake") var intake: IntakeOptions

  @OptionGroup(title: "Push tokens") var pushTokens: PushTokenOptions

  @OptionGroup(title: "Limits") var limits: LimitOptions

  func httpConfiguration() throws -> HTTPServerConfiguration {
    let port = try self.port ?? Environment.int(forOption: "port") ?? 8360
    guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
    let host = self.host ?? Environment.string(forOption: "host") ?? "127.0.0.1"
    let origins = (corsOrigins ?? Environment.string(forOption: "cors-origins"))?
      .split(separator: ",").map { String($0.drop { $0 == " " }) }
    return HTTPServerConfiguration(
      listen: inherited() ?? .tcp(host: host, port: port), tls: try tls(),
      cors: origins.map { HTTPServerConfiguration.CORS(origins: $0) }, limits: try limits.limits(),
      loops: try loops ?? Environment.int(forOption: "loops") ?? HTTPServerConfiguration.loopsOfThisMachine)
  }

  /// `currency` and what others are worth in it.
  func money() throws -> (currency: String?, rates: [String: Double]) {
    let currency = self.currency ?? Environment.string(forOption: "currency")
    if let currency, !Self.isCurrency(currency) { throw ValidationError("--currency must be three capital letters") }
    var rates: [String: Double] = [:]
    for pair in (currencyRates ?? Environment.string(forOption: "currency-rates") ?? "").split(separator: ",") {
      let parts = pair.split(separator: "=")
      guard parts.count == 2, Self.isCurrency(String(parts[0])), let rate = Double(String(parts[1])), rate > 0,
        rate.isFinite
      else { throw ValidationError("--currency-rates must look like EUR=1.08,GBP=1.27, not \(pair)") }
      rates[String(parts[0])] = rate
    }
    if currency == nil, !rates.isEmpty { throw ValidationError("--currency-rates needs --currency") }
    return (currency, rates)
  }

  func level(default usual: String) throws -> Logger.Level {
    let text = logLevel ?? Environment.string(forOption: "log-level") ?? usual
    guard let level = Logger.Level(rawValue: text) else { throw ValidationError("--log-level must not be \(text)") }
    return level
  }

  func projects() throws -> Bool {
    try !(noProjector || Environment.flag(forOption: "no-projector"))
  }

  /// The declared sources, if there are any.
  func pullFile() throws -> PullFile? {
    guard let path = sources ?? Environment.string(forOption: "sources") else { return nil }
    do throws(PullError) {
      return try PullFile(path, environment: Environment.variable)
    } catch {
      throw ValidationError(error.message)
    }
  }

  private func tls() throws -> HTTPServerConfiguration.TLS? {
    let certificate = tlsCert ?? Environment.string(forOption: "tls-cert")
    let key = tlsKey ?? Environment.string(forOption: "tls-key")
    let authority = tlsClientCa ?? Environment.string(forOption: "tls-client-ca")
    switch (certificate, key) {
    case (nil, nil):
      if authority != nil { throw ValidationError("--tls-client-ca needs --tls-cert and --tls-key") }
      return nil
    case (let certificate?, let key?):
      return .init(certificateFile: certificate, privateKeyFile: key, clientAuthorityFile: authority)
    default: throw ValidationError("--tls-cert and --tls-key go together")
    }
  }

  private func inherited() -> HTTPServerConfiguration.Listen? {
    var environment: [String: String] = [:]
    for name in ["LISTEN_PID", "LISTEN_FDS"] { environment[name] = Environment.variable(name) }
    return HTTPServer.inheritedSocket(environment: environment).map { .inherited(descriptor: $0) }
  }

  private static func isCurrency(_ text: String) -> Bool {
    text.utf8.count == 3 && text.utf8.allSatisfy { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") }
  }
}
