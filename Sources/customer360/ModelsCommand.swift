import ArgumentParser
import BSON
import Glibc
import Logging
import Models
import Store

/// `customer360 models`: versions from elsewhere.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "Bring in models that were trained elsewhere.",
    subcommands: [ModelsImportCommand.self])
}

/// `customer360 models import`: factors and centroids become a version.
struct ModelsImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make a version of item factors or centroids that were trained elsewhere.",
    discussion: """
      Each line of the file is JSON: {"productId": "P1", "factors": [0.1, …]} for a matrix factorization,
      {"features": {"session_count": 12.5, …}} in the features' own units for k-means. Train on the files of
      'customer360 export --for-training'. The first version of a model serves at once, a later one with --default.

      EXAMPLES
        customer360 models import matrix_factorization --file factors.ndjson --alpha 40 --regularization 0.1
        customer360 models import kmeans --file centroids.ndjson --default
      """)

  @OptionGroup var database: DatabaseOptions

  @Argument(help: "The model's name; without --type it is its type too.")
  var model: String

  @Option(help: "kmeans or matrix_factorization.")
  var type: String?

  @Option(help: "NDJSON of factors or centroids.")
  var file: String

  @Option(help: "Confidence of one unit of strength.")
  var alpha: Double = 40

  @Option(help: "Weight of the squared norms.")
  var regularization: Double = 0.1

  @Option(help: "Where it was trained, for its card.")
  var source: String = "elsewhere"

  @Flag(name: .customLong("default"), help: "Let it serve from now on.")
  var becomesDefault = false

  func run() throws {
    guard let type = ModelType(rawValue: (type ?? model).uppercased()) else {
      throw ValidationError("--type must be kmeans or matrix_factorization")
    }
    let lines = try read()
    var options = ModelService.ImportOptions()
    options.alpha = alpha
    options.regularization = regularization
    options.source = source
    options.becomesDefault = becomesDefault
    try database.withStore { store in
      let models = ModelService(store: store, log: Logger(label: "models"), clock: { WallClock.now() })
      do throws(ModelsError) {
        let version = try models.importVersion(of: model, type: type, lines: lines.map(\.document), options)
        StandardOutput.write("\(model): version \(version.string("version") ?? "?") imported\n")
      } catch .invalidInstance(let index, let field, let reason) {
        let line = lines.indices.contains(index) ? lines[index].number : 1
        throw Failure("\(file): line \(line): \(field) \(reason)")
      } catch .invalidOption("L2_REG", let reason) {
        throw Failure("--regularization \(reason)")
      } catch .invalidOption("WALS_ALPHA", let reason) {
        throw Failure("--alpha \(reason)")
      } catch {
        throw Failure("\(file): \(error.message)")
      }
    }
  }

  /// The lines that are not blank, with their numbers in the file.
  private func read() throws -> [(number: Int, document: BSONDocument)] {
    let bytes: [UInt8]
    do {
      bytes = try ByteFile.read(file)
    } catch {
      throw Failure("cannot read \(file): errno \(error.number)")
    }
    var lines: [(number: Int, document: BSONDocument)] = []
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
    for (number, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
    where !line.allSatisfy({ $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
      do throws(JSONError) {
        lines.append((number + 1, try JSONDecoding.document(from: Array(line).span)))
      } catch {
        throw Failure("\(file): line \(number + 1): \(error.detail)")
      }
    }
    return lines
  }
}

/// Reads a file as a whole.
enum ByteFile {
  struct ReadError: Error {
    let number: Int32
  }

  static func read(_ path: String) throws(ReadError) -> [UInt8] {
    // The path is read during the call.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ReadError(number: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      // The buffer lives through the call.
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw ReadError(number: errno) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: buffer[..<count])
    }
  }
}
