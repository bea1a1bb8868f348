/// Why one item of a batch was not stored. The others are not touched by it.
public struct Rejection: Sendable, Equatable {
  /// Position of the item (of the row, in CSV) in its batch, from 0.
  public let index: Int
  /// The item's id as far as it could be read.
  public let id: String?
  /// A stable name for the reason, in snake case.
  public let code: String
  /// The field at fault, such as `lineItems[2].price`.
  public let field: String?
  /// Whether sending the same item again can succeed.
  public let retryable: Bool

  /// A rejection.
  public init(index: Int, id: String?, code: String, field: String?, retryable: Bool = false) {
    self.index = index
    self.id = id
    self.code = code
    self.field = field
    self.retryable = retryable
  }
}

/// What can be wrong with a field. The raw values are a contract; syntax errors add the codes of JSON and CSV.
public enum FaultCode: String, Error, CaseIterable {
  /// The field must be there.
  case required
  /// None of the fields that say whom the item is about holds more than a placeholder.
  case identifierMissing = "identifier_missing"
  /// Text was expected.
  case notAString = "not_a_string"
  /// Text or an integer was expected.
  case notAnId = "not_an_id"
  /// An id without a character.
  case emptyId = "empty_id"
  /// Longer than its limit.
  case tooLong = "too_long"
  /// A name of a source: 1 to 64 of `A-Z a-z 0-9 _ . -` were expected.
  case notAName = "not_a_name"
  /// U+0000 where it cannot be kept.
  case containsNul = "contains_nul"
  /// A number was expected.
  case notANumber = "not_a_number"
  /// A whole number was expected.
  case notAnInteger = "not_an_integer"
  /// A number below or above its bounds.
  case outOfRange = "out_of_range"
  /// `true` or `false` was expected.
  case notABoolean = "not_a_boolean"
  /// A point in time was expected, in the years 1 to 9999.
  case notATimestamp = "not_a_timestamp"
  /// More than 24 hours ahead of the clock.
  case timestampInFuture = "timestamp_in_future"
  /// An e-mail message was expected: the bytes have no header.
  case notAMessage = "not_a_message"
  /// A day of the calendar was expected.
  case notADate = "not_a_date"
  /// Three letters were expected.
  case notACurrency = "not_a_currency"
  /// Not one of the values that the field knows.
  case unknownValue = "unknown_value"
  /// An object was expected.
  case notAnObject = "not_an_object"
  /// A list was expected.
  case notAnArray = "not_an_array"
  /// More elements than a list may have.
  case tooManyElements = "too_many_elements"
  /// A name that starts with `$` or holds a dot, outside `properties` and `attributes`.
  case keyNotAllowed = "key_not_allowed"
  /// Base64 was expected.
  case notBase64 = "not_base64"
  /// Bytes that are not UTF-8.
  case invalidUTF8 = "invalid_utf8"
  /// A message of an analytics dialect above the dialect's own limit.
  case messageTooLarge = "message_too_large"
  /// More than MongoDB can keep in one document.
  case documentTooLarge = "document_too_large"
}

/// A field at fault, on its way to becoming a ``Rejection``.
struct Fault: Error {
  var code: FaultCode
  var field: String

  init(_ code: FaultCode, _ field: String) {
    self.code = code
    self.field = field
  }

  /// The fault as seen from the object that holds the field's own.
  func inside(_ parent: String) -> Fault { Fault(code, field.isEmpty ? parent : "\(parent).\(field)") }

  /// The fault as seen from the list that holds the field's object.
  func inside(_ parent: String, at index: Int) -> Fault {
    Fault(code, field.isEmpty ? "\(parent)[\(index)]" : "\(parent)[\(index)].\(field)")
  }
}
