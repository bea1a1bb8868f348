import BSON
import RecordLinkage

/// What a rules file may change: a JSON object with any of `columns`, `threshold`, `precision_min`,
/// `block_records_max`, `component_records_max`.
struct MatchRules: Sendable {
  private static let vocabulary = [
    "columns", "threshold", "precision_min", "block_records_max", "component_records_max",
  ]

  /// The file's column names by the names that the command uses.
  private(set) var columns: [String: String] = [:]
  private(set) var options = MatchOptions()

  /// No rules: the defaults.
  init() {}

  /// Reads a rules file.
  init(_ path: String) throws(LabError) {
    let text = try Self.read(path)
    let document: BSONDocument
    do throws(JSONError) {
      document = try JSONDecoding.document(from: text.span)
    } catch {
      throw Self.error(path, text, at: error.offset, error.detail)
    }
    for element in document {
      let key = element.key
      // Keys are unique, so the first place where one stands in quotes is its own, or that of a column of the same name.
      func refuse(_ message: String) -> LabError {
        Self.error(path, text, at: Self.offset(of: key, in: text), "\(key): \(message)")
      }
      switch key {
      case "columns":
        guard let names = element.value.documentValue else { throw refuse("an object of column names is needed") }
        for name in names {
          guard MatchColumns.known.contains(name.key) else {
            let place = Self.offset(of: name.key, in: text)
            throw Self.error(
              path, text, at: place, "\(name.key) is no column; known: \(MatchColumns.known.joined(separator: ", "))")
          }
          guard let column = name.value.stringValue, !column.isEmpty else {
            throw Self.error(
              path, text, at: Self.offset(of: name.key, in: text), "\(name.key): a column name is needed")
          }
          columns[name.key] = column
        }
      case "threshold":
        guard let bits = element.value.doubleValue ?? element.value.intValue.map(Double.init), abs(bits) <= 100 else {
          throw refuse("a number of bits between -100 and 100 is needed")
        }
        options.threshold = bits
      case "precision_min":
        guard let share = element.value.doubleValue ?? element.value.intValue.map(Double.init), (0...1).contains(share)
        else {
          throw refuse("a number from 0 to 1 is needed")
        }
        options.precisionMin = share
      case "block_records_max":
        guard let count = element.value.intValue, (2...10_000).contains(count) else {
          throw refuse("a whole number from 2 to 10000 is needed")
        }
        options.blockRecordsMax = count
      case "component_records_max":
        guard let count = element.value.intValue, (2...1_000).contains(count) else {
          throw refuse("a whole number from 2 to 1000 is needed")
        }
        options.componentRecordsMax = count
      default: throw refuse("unknown; known: \(Self.vocabulary.joined(separator: ", "))")
      }
    }
  }

  private static func read(_ path: String) throws(LabError) -> [UInt8] {
    let bytesMax = 1 << 20
    var source = try FileSource(path)
    var text: [UInt8] = []
    while text.count <= bytesMax {
      let chunk = try source.read(1 << 16)
      if chunk.isEmpty { return text }
      text += chunk
    }
    throw .file(path: path, message: "is longer than \(bytesMax) bytes")
  }

  private static func offset(of key: String, in text: [UInt8]) -> Int {
    let quoted = Array("\"\(key)\"".utf8)
    guard text.count >= quoted.count else { return 0 }
    return (0...(text.count - quoted.count)).first { text[$0..<($0 + quoted.count)].elementsEqual(quoted) } ?? 0
  }

  private static func error(_ path: String, _ text: [UInt8], at offset: Int, _ message: String) -> LabError {
    let before = text.prefix(offset)
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let column = offset - (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0) + 1
    return .input(file: path, line: line, column: column, message: message)
  }
}
