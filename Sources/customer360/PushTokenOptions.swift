import ArgumentParser
import Connectors
import Service

/// How tokens of Google Pub/Sub's push requests are verified: options of `serve`.
struct PushTokenOptions: ParsableArguments {
  @Option(
    name: .customLong("pubsub-audience"),
    help: ArgumentHelp(
      "Takes push requests with a token for this audience, without an API key.", valueName: "audience"))
  var audience: String?

  @Option(
    name: .customLong("pubsub-email"),
    help: ArgumentHelp("The service account that these tokens must be of.", valueName: "email"))
  var email: String?

  @Option(
    name: .customLong("pubsub-keys"),
    help: ArgumentHelp(
      "File or https address of the JWK set that they are signed with. (default: \(Self.googleKeys))",
      valueName: "file|url"))
  var keys: String?

  @Option(
    name: .customLong("pubsub-keys-ca"),
    help: ArgumentHelp(
      "PEM file with the authorities that the https address is verified by. (default: the system's)",
      valueName: "file"))
  var authorities: String?

  static let googleKeys = "https://www.googleapis.com/oauth2/v3/certs"
  /// The largest key set, in bytes.
  static let keysBytesMax = 262_144

  /// The settings; nil where no audience is named.
  func settings() throws -> ServiceConfiguration.PushTokens? {
    let audience = self.audience ?? Environment.string(forOption: "pubsub-audience")
    let email = self.email ?? Environment.string(forOption: "pubsub-email")
    let source = keys ?? Environment.string(forOption: "pubsub-keys")
    let authorities = self.authorities ?? Environment.string(forOption: "pubsub-keys-ca")
    guard let audience, let email else {
      if audience != nil || email != nil || source != nil || authorities != nil {
        throw ValidationError(
          "--pubsub-audience and --pubsub-email go together, --pubsub-keys and --pubsub-keys-ca with both")
      }
      return nil
    }
    let place = source ?? Self.googleKeys
    let policy = PushTokenPolicy(audience: audience, email: email)
    guard place.contains("://") else { return .init(policy: policy) { try ByteFile.read(place) } }
    guard place.hasPrefix("https://") else { throw ValidationError("--pubsub-keys must be a file or an https address") }
    return .init(policy: policy) {
      try HTTPSDocument.fetch(place, bytesMax: Self.keysBytesMax, authorities: authorities)
    }
  }
}
