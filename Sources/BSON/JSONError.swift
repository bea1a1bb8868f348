/// Why a JSON text is refused, and where.
public struct JSONError: Error, Sendable, Hashable {
  /// The reason; the raw value is the stable code.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Nothing but white space.
    case empty = "json_empty"
    /// A byte that cannot stand here.
    case unexpectedByte = "json_unexpected_byte"
    /// The text ends inside a value.
    case unexpectedEnd = "json_unexpected_end"
    /// Something follows the value.
    case trailingBytes = "json_trailing_bytes"
    /// A raw control character inside a string.
    case controlCharacter = "json_control_character"
    /// A backslash that begins no escape of RFC 8259.
    case invalidEscape = "json_invalid_escape"
    /// A \u escape that is half of a surrogate pair.
    case loneSurrogate = "json_lone_surrogate"
    /// Bytes that are not UTF-8.
    case invalidUTF8 = "json_invalid_utf8"
    /// A number that RFC 8259 does not allow, such as 01, +1, 1. or NaN.
    case invalidNumber = "json_invalid_number"
    /// An integer outside Int64.
    case integerOutOfRange = "json_integer_out_of_range"
    /// A number larger than every double.
    case numberOutOfRange = "json_number_out_of_range"
    /// The same key twice in one object.
    case duplicateKey = "json_duplicate_key"
    /// NUL in a key, which BSON cannot hold.
    case nulInKey = "json_nul_in_key"
    /// NUL in a string, where the limits do not allow it.
    case nulInString = "json_nul_in_string"
    /// Objects and arrays nest deeper than the limit.
    case tooDeep = "json_too_deep"
    /// The document would be longer than the limit.
    case tooLarge = "json_too_large"
    /// More items than the limit.
    case tooManyItems = "json_too_many_items"
    /// The text is another value than an object.
    case notAnObject = "json_not_an_object"
    /// The text, or the member that should hold the items, is another value than an array.
    case notAnArray = "json_not_an_array"
  }

  /// The reason.
  public var kind: Kind
  /// Offset in bytes from where reading began.
  public var offset: Int
  /// JSON pointer (RFC 6901) to the value concerned; empty for the whole text.
  public var path: String

  /// A refusal.
  public init(_ kind: Kind, offset: Int, path: String = "") {
    self.kind = kind
    self.offset = offset
    self.path = path
  }

  /// The stable code, in snake case.
  public var code: String { kind.rawValue }

  /// One sentence for the sender; it repeats nothing of what was sent.
  public var detail: String {
    switch kind {
    case .empty: "The text is empty."
    case .unexpectedByte: "A byte stands where JSON does not allow it."
    case .unexpectedEnd: "The text ends before the value does."
    case .trailingBytes: "Something follows the JSON value."
    case .controlCharacter: "A string holds a raw control character; it must be escaped."
    case .invalidEscape: "A string holds an escape that JSON does not know."
    case .loneSurrogate: "A string holds half of a surrogate pair."
    case .invalidUTF8: "The text is not UTF-8."
    case .invalidNumber: "A number is not written as JSON asks."
    case .integerOutOfRange: "An integer does not fit 64 bits."
    case .numberOutOfRange: "A number is larger than a double can hold."
    case .duplicateKey: "A key occurs twice in one object."
    case .nulInKey: "A key holds the character U+0000."
    case .nulInString: "A string holds the character U+0000."
    case .tooDeep: "Objects and arrays nest too deeply."
    case .tooLarge: "The document is too large."
    case .tooManyItems: "There are too many items."
    case .notAnObject: "A JSON object is expected."
    case .notAnArray: "A JSON array is expected."
    }
  }
}
