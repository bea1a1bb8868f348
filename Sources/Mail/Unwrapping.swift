/// Own lines as text: hard-wrapped lines of a paragraph become one line again, so that a sentence is not cut where the sender's
/// program broke a line.
enum Unwrapping {
  /// Columns at which programs wrap.
  private static let columnsMin = 55
  private static let columnsMax = 80

  static func text(_ lines: [TextLine]) -> String {
    var text = ""
    var previous: TextLine?
    let columns = wrapColumn(lines)
    for line in lines {
      let content = line.text.trimmed
      if let before = previous {
        text += wraps(before, line, columns) ? " " : "\n"
      }
      text += content
      previous = line
    }
    return text
  }

  /// The longest line that a program would have made, if lines look wrapped at all.
  private static func wrapColumn(_ lines: [TextLine]) -> Int? {
    let longest = lines.reduce(0) { $1.endsByIntent ? $0 : max($0, $1.text.trimmed.unicodeScalars.count) }
    return (columnsMin...columnsMax).contains(longest) ? longest : nil
  }

  /// A line was wrapped if the next line's first word would not have fitted.
  private static func wraps(_ line: TextLine, _ next: TextLine, _ columns: Int?) -> Bool {
    guard let columns, !line.endsByIntent, !line.isBlank, !next.isBlank else { return false }
    let word = next.text.trimmed.unicodeScalars.prefix { $0 != " " }.count
    return line.text.trimmed.unicodeScalars.count + 1 + word > columns
  }
}
