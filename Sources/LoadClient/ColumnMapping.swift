import BSON
import YAML

/// What the columns of a foreign CSV file, or the fields of foreign objects, mean, read from a small file of JSON, or of
/// YAML that says the same:
///
/// ```json
/// {
///   "columns":   {"item_id": "productId", "genres": ["category", "attributes.genres"], "internal_note": null},
///   "constants": {"currency": "USD", "attributes.shop": "north"},
///   "numbers":   ["attributes.year"],
///   "lists":     {"genres": "|"},
///   "scales":    {"price_cents": 0.01}
/// }
/// ```
/// - `columns`: the field, or the fields, that a column fills; `null` leaves the column out. A column that is not named here
///   keeps its name when the kind knows it, else it goes to `properties` (events) or `attributes` (all others).
/// - `constants`: fields that are the same in every row.
/// - `numbers`: fields beyond the known ones that hold numbers; all others hold text.
/// - `lists`: columns whose cells are lists, and the one character between the elements. A field that holds one text takes
///   the first element, `attributes` and `properties` take them all.
/// - `scales`: columns that hold numbers in another unit, and by what to multiply them: cents, milliseconds, ounces.
///
/// A dot leads one level down: `address.city`, `attributes.genres`.
public struct ColumnMapping: Sendable {
  var targets: [String: [String]] = [:]
  var constants: [(field: String, json: [UInt8])] = []
  var numbers: Set<String> = []
  var separators: [String: UInt8] = [:]
  var scales: [String: Double] = [:]

  /// Reads the JSON of a mapping. Members that it does not know are refused: they would be typing errors.
  public init(parsing json: [UInt8]) throws(LoadError) {
    let document: BSONDocument
    do throws(JSONError) {
      document = try JSONDecoding.document(from: json.span)
    } catch {
      throw .usage("the mapping is not JSON: \(error.detail) (byte \(error.offset))")
    }
    for element in document {
      switch element.key {
      case "columns": try readColumns(element.value)
      case "constants": try readConstants(element.value)
      case "numbers": numbers = Set(try Self.texts(element.value, in: "numbers"))
      case "lists": try readLists(element.value)
      case "scales": try readScales(element.value)
      case let name: throw .usage("the mapping has an unknown member \(name)")
      }
    }
  }

  /// Reads the same from YAML.
  public init(yaml: [UInt8]) throws(LoadError) {
    let json: [UInt8]
    do throws(YAMLError) { json = try YAMLDecoding.json(ofMapping: yaml) } catch { throw .usage(error.message) }
    try self.init(parsing: json)
  }

  private mutating func readColumns(_ value: BSONValue) throws(LoadError) {
    guard let columns = value.documentValue else { throw .usage("columns in the mapping must be an object") }
    for element in columns {
      switch element.value {
      case .null: targets[element.key] = []
      case .string(let field): targets[element.key] = [field]
      case let list: targets[element.key] = try Self.texts(list, in: "columns.\(element.key)")
      }
      if targets[element.key]?.contains("") == true {
        throw .usage("columns.\(element.key) in the mapping has an empty name")
      }
    }
  }

  private mutating func readConstants(_ value: BSONValue) throws(LoadError) {
    guard let fields = value.documentValue else { throw .usage("constants in the mapping must be an object") }
    for element in fields {
      var json: [UInt8] = []
      JSONEncoding.append(value: element.value, to: &json)
      constants.append((element.key, json))
    }
  }

  private mutating func readLists(_ value: BSONValue) throws(LoadError) {
    guard let columns = value.documentValue else { throw .usage("lists in the mapping must be an object") }
    for element in columns {
      guard let separator = element.value.stringValue?.utf8, separator.count == 1, let byte = separator.first else {
        throw .usage("lists.\(element.key) in the mapping must be one ASCII character")
      }
      separators[element.key] = byte
    }
  }

  private mutating func readScales(_ value: BSONValue) throws(LoadError) {
    guard let columns = value.documentValue else { throw .usage("scales in the mapping must be an object") }
    for element in columns {
      guard let factor = element.value.doubleValue, factor.isFinite, factor != 0 else {
        throw .usage("scales.\(element.key) in the mapping must be a number other than 0")
      }
      scales[element.key] = factor
    }
  }

  private static func texts(_ value: BSONValue, in member: String) throws(LoadError) -> [String] {
    guard let array = value.arrayValue else { throw .usage("\(member) in the mapping must be text or a list of texts") }
    var texts: [String] = []
    for item in array {
      guard let text = item.stringValue else { throw .usage("\(member) in the mapping must hold texts only") }
      texts.append(text)
    }
    return texts
  }
}

extension ColumnMapping {
  /// The longest mapping file.
  private static let fileBytesMax = 1 << 20

  /// Reads a mapping file: YAML by its name, else JSON.
  public init(file path: String) throws(LoadError) {
    var stream = try ByteStream(path)
    var bytes: [UInt8] = []
    while bytes.count <= Self.fileBytesMax {
      let chunk = try stream.next()
      if chunk.isEmpty { break }
      bytes += chunk
    }
    guard bytes.count <= Self.fileBytesMax else { throw .badFile(path: path, reason: "too long for a mapping") }
    do throws(LoadError) {
      if YAMLDecoding.isYAML(path: path) { try self.init(yaml: bytes) } else { try self.init(parsing: bytes) }
    } catch {
      throw .badFile(path: path, reason: error.message)
    }
  }
}
