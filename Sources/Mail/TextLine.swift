/// A line of a body.
struct TextLine: Sendable, Equatable {
  /// What stands around the line in HTML, or is known of it.
  enum Place: Sendable, Equatable {
    case body
    /// In a container that a mail program makes for the sender's signature.
    case signature
    /// In a container for the line over a quotation ("On … wrote:").
    case attribution
    /// Nothing but a mark: from here on the text is that of an earlier message.
    case cut
  }

  /// Without the marks of quotation and without the line end.
  var text: String
  /// How deep the line is quoted; 0 is the sender's own.
  var depth = 0
  var place = Place.body
  /// Whether the line's end is one that the sender made, rather than one of a hard wrap that nobody marked.
  var endsByIntent = false

  var isBlank: Bool { text.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
}
