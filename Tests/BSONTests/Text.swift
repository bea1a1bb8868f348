import BSON

/// The JSON of a document as text.
func json(_ document: BSONDocument, _ selection: JSONFieldSelection = .all) -> String {
  var out: [UInt8] = []
  JSONEncoding.append(document, selection: selection, to: &out)
  return String(decoding: out, as: UTF8.self)
}

/// The JSON of a value as text.
func json(_ value: BSONValue) -> String {
  var out: [UInt8] = []
  JSONEncoding.append(value: value, to: &out)
  return String(decoding: out, as: UTF8.self)
}

/// The document of a JSON text.
func parse(_ text: String, _ limits: JSONLimits = JSONLimits()) throws(JSONError) -> BSONDocument {
  try JSONDecoding.document(from: Array(text.utf8).span, limits: limits)
}

/// The value of a JSON text.
func value(_ text: String) throws(JSONError) -> BSONValue {
  try JSONDecoding.value(from: Array(text.utf8).span)
}

/// The error of a JSON text, nil when it is read.
func refusal(_ bytes: [UInt8], _ limits: JSONLimits = JSONLimits()) -> JSONError? {
  do {
    _ = try JSONDecoding.value(from: bytes.span, limits: limits)
    return nil
  } catch {
    return error
  }
}

/// The bytes of hexadecimal digits.
func bytes(hex: String) -> [UInt8] {
  let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
  return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}
