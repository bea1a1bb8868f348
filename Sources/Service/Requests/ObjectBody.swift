import BSON
import HTTPServer

/// The JSON object of a request with one resource, read strictly: a field that the route does not know is refused by name.
struct ObjectBody {
  private let document: BSONDocument

  /// Reads a body. An empty one is an empty object where `mayBeEmpty` says so.
  init(_ bytes: [UInt8], fields known: [String], mayBeEmpty: Bool = false) throws(Problem) {
    if bytes.isEmpty, mayBeEmpty {
      document = BSONDocument()
      return
    }
    do {
      document = try JSONDecoding.document(from: bytes.span)
    } catch {
      throw Problem(invalidJSON: error)
    }
    let unknown = document.filter { element in !known.contains { element.keyEquals($0) } }
    guard unknown.isEmpty else {
      let faults = unknown.prefix(20).map { element in
        Problem.Item(
          pointer: "/" + escapedPointer(shortened(element.key)), code: "unknown_field",
          detail: "There is no field of that name here.")
      }
      throw Problem(
        .badRequest, "unknown_field",
        detail: "The body has a field that this route does not take: \(shortened(unknown[0].key)).", errors: faults)
    }
  }

  /// The members of these names.
  func members(_ names: [String]) -> BSONDocument {
    BSONDocument { writer in
      for element in document where names.contains(where: { element.keyEquals($0) }) { writer.append(element) }
    }
  }

  /// The list of texts in a required field.
  func strings(_ field: String, count: ClosedRange<Int>) throws(Problem) -> [String] {
    let values = try array(field)
    let given = values.count
    guard count.contains(given) else {
      throw .invalidField(
        "/\(field)", given > count.upperBound ? "too_many_elements" : "too_few_elements",
        "The field '\(field)' has \(count.lowerBound) to \(count.upperBound) elements.")
    }
    var texts: [String] = []
    texts.reserveCapacity(given)
    for (position, value) in values.enumerated() {
      guard let text = value.stringValue else {
        throw .invalidField("/\(field)/\(position)", "not_a_string", "A text is expected.")
      }
      // No identifier has one: it would end the text for whoever reads it in C.
      guard !text.utf8.contains(0) else {
        throw .invalidField("/\(field)/\(position)", "json_nul_in_string", "A NUL stands in the text.")
      }
      texts.append(text)
    }
    return texts
  }

  /// The list in a required field.
  func array(_ field: String) throws(Problem) -> BSONArray {
    guard let value = document[field] else {
      throw .invalidField("/\(field)", "required", "The field '\(field)' is required.")
    }
    guard let array = value.arrayValue else {
      throw .invalidField("/\(field)", "not_an_array", "A list is expected.")
    }
    return array
  }

  /// The object in an optional field.
  func object(_ field: String) throws(Problem) -> BSONDocument? {
    guard let value = document[field] else { return nil }
    guard let object = value.documentValue else {
      throw .invalidField("/\(field)", "not_an_object", "An object is expected.")
    }
    return object
  }

  /// The text in an optional field; null is as if it were not there.
  func string(_ field: String) throws(Problem) -> String? {
    guard let value = document[field], value != .null else { return nil }
    guard let text = value.stringValue else { throw .invalidField("/\(field)", "not_a_string", "A text is expected.") }
    return text
  }

  /// The truth value in an optional field.
  func bool(_ field: String) throws(Problem) -> Bool? {
    guard let value = document[field] else { return nil }
    guard let flag = value.boolValue else {
      throw .invalidField("/\(field)", "not_a_boolean", "true or false is expected.")
    }
    return flag
  }

  /// The whole number in an optional field.
  func integer(_ field: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
    guard let value = document[field] else { return nil }
    switch value {
    case .int32, .int64:
      guard let number = value.intValue, range.contains(number) else {
        throw .invalidField(
          "/\(field)", "out_of_range", "A number from \(range.lowerBound) to \(range.upperBound) is expected.")
      }
      return number
    default:
      throw .invalidField("/\(field)", "not_an_integer", "A whole number is expected.")
    }
  }
}

extension Problem {
  /// A body with one field at fault.
  static func invalidField(_ pointer: String, _ code: String, _ detail: String) -> Problem {
    Problem(
      .badRequest, "invalid_field", detail: "A field of the body cannot be taken: \(detail)",
      errors: [Item(pointer: pointer, code: code, detail: detail)])
  }

  /// A body that is not the JSON that was asked for.
  init(invalidJSON error: JSONError) {
    self.init(
      .badRequest, "invalid_json", detail: error.detail,
      errors: [
        Item(pointer: error.path, code: error.code, detail: "\(error.detail) Offset in bytes: \(error.offset).")
      ])
  }
}

/// A key as a reference token of a JSON Pointer (RFC 6901, section 3).
func escapedPointer(_ key: String) -> String {
  var text = ""
  for scalar in key.unicodeScalars {
    switch scalar {
    case "~": text += "~0"
    case "/": text += "~1"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text
}
