/// Why a YAML text is refused, and where.
public struct YAMLError: Error, Sendable, Hashable {
  /// The reason.
  public enum Kind: Sendable, Hashable {
    /// Nothing but white space and comments.
    case empty
    /// Not YAML, or not UTF-8: libyaml's words.
    case syntax(String)
    /// An anchor, or an alias of one.
    case anchor
    /// A tag, such as `!!str`.
    case tag
    /// A second document.
    case severalDocuments
    /// The document is another value than a mapping.
    case notAMapping
    /// A key that is no text as it stands: a number, true, null, a list, a mapping.
    case keyNotText
    /// The same key twice in one mapping.
    case duplicateKey
    /// U+0000 in a key.
    case nulInKey
    /// An integer outside Int64.
    case integerOutOfRange
    /// A number larger than every double, infinite, or none.
    case numberOutOfRange
    /// Mappings and lists nest deeper than the limit.
    case tooDeep
    /// The text is longer than the limit.
    case tooLarge
  }

  /// The reason.
  public var kind: Kind
  /// The line, from 1.
  public var line: Int
  /// The character in the line, from 1.
  public var column: Int

  /// A refusal.
  public init(_ kind: Kind, line: Int, column: Int) {
    self.kind = kind
    self.line = line
    self.column = column
  }

  /// Place and reason, for people.
  public var message: String { "line \(line), column \(column): \(detail)" }

  private var detail: String {
    switch kind {
    case .empty: "there is nothing in the text"
    case .syntax(let problem): "this is not YAML: \(problem)"
    case .anchor: "anchors and aliases are not taken"
    case .tag: "tags are not taken"
    case .severalDocuments: "there is more than one document"
    case .notAMapping: "a mapping is expected"
    case .keyNotText: "a key must be a text; put quotes around it"
    case .duplicateKey: "the key occurs twice in one mapping"
    case .nulInKey: "a key holds the character U+0000"
    case .integerOutOfRange: "the integer does not fit 64 bits; put quotes around it if it is a text"
    case .numberOutOfRange: "the number is larger than a double can hold, or none; put quotes around it if it is a text"
    case .tooDeep: "mappings and lists nest too deeply"
    case .tooLarge: "the text is too long"
    }
  }
}
