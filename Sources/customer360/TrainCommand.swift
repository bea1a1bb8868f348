import ArgumentParser
import BSON
import LoadClient

/// `customer360 train`: a model in a running service.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model in a running service and follow its progress.",
    discussion: """
      Options have BigQuery ML's names. The model's type is its name unless MODEL_TYPE says otherwise.

      EXAMPLES
        customer360 train kmeans --option NUM_CLUSTERS=4
        customer360 train kmeans --option NUM_TRIALS=9 --option 'NUM_CLUSTERS={"HPARAM_RANGE":[2,10]}'
        customer360 train matrix_factorization --plan
        customer360 train matrix_factorization --option FEEDBACK_TYPE=IMPLICIT --seed 7
      """)

  @Argument(help: "The model's name, such as kmeans or matrix_factorization.")
  var model: String

  @Option(help: ArgumentHelp("An option of the model; may be given several times.", valueName: "NAME=VALUE"))
  var option: [String] = []

  @Option(help: "Seed of all randomness: the same data and seed give the same bytes.")
  var seed: Int64?

  @Flag(help: "Say what the training would read and how much memory it would take, and train nothing.")
  var plan = false

  @Option(help: "Address of the service. (default: http://127.0.0.1:8360)")
  var url: String?

  @Option(help: "API key. Better in the environment, where other users cannot see it.")
  var key: String?

  func run() throws {
    let client = ServiceClient(
      url: url ?? Environment.string(forOption: "url") ?? "http://127.0.0.1:8360",
      key: key ?? Environment.string(forOption: "key"))
    let isName: (UInt8) -> Bool = {
      ($0 | 0x20) >= 97 && ($0 | 0x20) <= 122 || $0 >= 48 && $0 <= 57 || $0 == 95 || $0 == 45
    }
    guard !model.isEmpty, model.utf8.allSatisfy(isName) else {
      throw ValidationError("a model's name has letters, digits, '-' and '_' only")
    }
    do {
      let training = ModelTraining(client: client)
      if try plan || Environment.flag(forOption: "plan") {
        StandardOutput.write(try training.plan(model, body: try body()) + "\n")
      } else {
        _ = try training.train(model, body: try body())
      }
    } catch let error as LoadError {
      throw Failure(error.message)
    }
  }

  private func body() throws -> String {
    let document = try BSONDocument { writer in
      try writer.append("options") { options in
        for pair in option {
          let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
          guard parts.count == 2, !parts[0].isEmpty else {
            throw ValidationError("--option must be NAME=VALUE, not \(pair)")
          }
          options.append(String(parts[0]), Self.value(String(parts[1])))
        }
      }
      if let seed { writer.append("seed", seed) }
    }
    var json: [UInt8] = []
    JSONEncoding.append(document, to: &json)
    return String(decoding: json, as: UTF8.self)
  }

  /// Numbers and booleans as such, lists and spaces to search as JSON, everything else as text.
  private static func value(_ text: String) -> BSONValue {
    if text.hasPrefix("[") || text.hasPrefix("{"),
      let holder = try? JSONDecoding.document(from: Array("{\"v\":\(text)}".utf8).span), let value = holder["v"]
    {
      return value
    }
    if let whole = Int64(text) { return .int64(whole) }
    if let number = Double(text), number.isFinite { return .double(number) }
    switch text.lowercased() {
    case "true": return .bool(true)
    case "false": return .bool(false)
    default: return .string(text)
    }
  }
}
