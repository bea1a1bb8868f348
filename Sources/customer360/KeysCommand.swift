import ArgumentParser
import BSON
import Service
import Store

/// `customer360 keys`: API keys.
struct KeysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Create, list and revoke API keys.",
    discussion: """
      EXAMPLES
        customer360 keys create --name call-center --scope agent
        customer360 keys list
        customer360 keys revoke 4f7k2m9q
      """,
    subcommands: [Create.self, List.self, Revoke.self])

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Create a key and print it: it is shown this once only.")

    @OptionGroup var database: DatabaseOptions

    @Option(help: "What the key may do: agent, marketer, ingest or admin. May be given several times.")
    var scope: [String] = []

    @Option(help: "A label for the list of keys.")
    var name: String = ""

    func run() throws {
      let scopes = try Set(
        scope.map { text in
          guard let scope = KeyScope(rawValue: text) else {
            throw ValidationError("--scope must be agent, marketer, ingest or admin, not \(text)")
          }
          return scope
        })
      guard !scopes.isEmpty else { throw ValidationError("a key needs at least one --scope") }
      try database.withStore { store in
        var generator = SystemRandomNumberGenerator()
        let key = APIKeyText(using: &generator)
        try store.add(
          key.stored(name: name, scopes: scopes, createdAt: WallClock.now()), deadline: .after(milliseconds: 8000))
        StandardOutput.write(key.text + "\n")
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the keys: id, scopes, name, time of creation.")

    @OptionGroup var database: DatabaseOptions

    func run() throws {
      try database.withStore { store in
        for key in try store.apiKeys(deadline: .after(milliseconds: 8000)) {
          var line: [UInt8] = []
          JSONEncoding.append(value: .date(key.createdAt), to: &line)
          let scopes = key.scopes.map(\.rawValue).sorted().joined(separator: ",")
          StandardOutput.write("\(key.id)\t\(scopes)\t\(key.name)\t\(String(decoding: line, as: UTF8.self))\n")
        }
      }
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Revoke a key; services notice within seconds.")

    @OptionGroup var database: DatabaseOptions

    @Argument(help: "The key's id, as listed.")
    var id: String

    func run() throws {
      try database.withStore { store in
        guard try store.removeAPIKey(id, deadline: .after(milliseconds: 8000)) else {
          throw Failure("there is no key \(id)")
        }
      }
    }
  }
}
