/// Reads the part of YAML 1.2 that `openapi.yaml` keeps to: block maps and lists indented by spaces, plain and quoted
/// scalars on one line, `|` and `>` blocks, and flow maps and lists on one line. No anchors, tags or documents.
///
/// The document is our own, compiled in; a test reads it as a whole, so that a fault shows there and never at run time.
struct YAMLReader {
  private struct Line {
    let number: Int
    let indent: Int
    let text: Substring
  }

  private var lines: [Line] = []
  private var position = 0
  /// Every line as it stands, for blocks of text.
  private let raw: [Substring]

  /// The value of a whole document.
  static func read(_ text: String) throws(YAMLError) -> YAMLNode {
    var reader = YAMLReader(text)
    guard let first = reader.lines.first else { return .scalar("") }
    let node = try reader.node(indent: first.indent)
    guard reader.position == reader.lines.count else {
      throw YAMLError(line: reader.lines[reader.position].number, reason: "indentation")
    }
    return node
  }

  private init(_ text: String) {
    raw = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in raw.enumerated() {
      let content = line.drop { $0 == " " }
      if content.isEmpty || content.hasPrefix("#") { continue }
      lines.append(Line(number: index + 1, indent: line.count - content.count, text: content))
    }
  }

  // MARK: Blocks

  private mutating func node(indent: Int) throws(YAMLError) -> YAMLNode {
    lines[position].text.hasPrefix("- ") ? try list(indent: indent) : try map(indent: indent)
  }

  private mutating func list(indent: Int) throws(YAMLError) -> YAMLNode {
    var elements: [YAMLNode] = []
    while position < lines.count, lines[position].indent == indent, lines[position].text.hasPrefix("- ") {
      let line = lines[position]
      let rest = line.text.dropFirst(2)
      if Self.keyEnd(of: rest) != nil {
        // A map that begins on the line of its dash: the line is read again without it.
        lines[position] = Line(number: line.number, indent: indent + 2, text: rest)
        elements.append(try map(indent: indent + 2))
      } else {
        position += 1
        elements.append(try value(rest, of: line))
      }
    }
    return .list(elements)
  }

  private mutating func map(indent: Int) throws(YAMLError) -> YAMLNode {
    var entries: [YAMLNode.Entry] = []
    while position < lines.count, lines[position].indent == indent {
      let line = lines[position]
      guard let end = Self.keyEnd(of: line.text) else { throw YAMLError(line: line.number, reason: "no key") }
      guard let key = Self.scalar(line.text[..<end]) else { throw YAMLError(line: line.number, reason: "key") }
      guard !entries.contains(where: { $0.key == key }) else { throw YAMLError(line: line.number, reason: "key twice") }
      position += 1
      let rest = line.text[line.text.index(after: end)...].drop { $0 == " " }
      entries.append(.init(key: key, value: try value(rest, of: line)))
    }
    return .map(entries)
  }

  /// What follows a key or a dash: on the same line, or indented below it.
  private mutating func value(_ text: Substring, of line: Line) throws(YAMLError) -> YAMLNode {
    switch text.first {
    case nil:
      guard position < lines.count, lines[position].indent > line.indent else { return .scalar("") }
      return try node(indent: lines[position].indent)
    case "|", ">": return .scalar(block(folded: text.first == ">", below: line))
    case "{", "[":
      var flow = FlowReader(text, line: line.number)
      return try flow.whole()
    default:
      // Other readers take it for a key.
      guard text.first == "'" || text.first == "\"" || Self.keyEnd(of: Self.withoutComment(text)[...]) == nil
      else {
        throw YAMLError(line: line.number, reason: "a colon in a text without quotes")
      }
      guard let scalar = Self.scalar(text) else { throw YAMLError(line: line.number, reason: "open quote") }
      return .scalar(scalar)
    }
  }

  /// The lines below `line` that are indented further.
  private mutating func block(folded: Bool, below line: Line) -> String {
    var texts: [Substring] = []
    var indent: Int?
    var index = line.number
    while index < raw.count {
      let content = raw[index].drop { $0 == " " }
      let depth = raw[index].count - content.count
      if !content.isEmpty, depth <= line.indent { break }
      if !content.isEmpty, indent == nil { indent = depth }
      texts.append(content.isEmpty ? "" : raw[index].dropFirst(indent ?? 0))
      index += 1
    }
    while texts.last?.isEmpty == true { texts.removeLast() }
    while position < lines.count, lines[position].number <= index { position += 1 }
    return texts.joined(separator: folded ? " " : "\n")
  }

  // MARK: Scalars

  /// Where the colon after a key stands; nil when the text begins no map.
  private static func keyEnd(of text: Substring) -> Substring.Index? {
    if let quote = text.first, quote == "'" || quote == "\"" {
      guard let close = text.dropFirst().firstIndex(of: quote) else { return nil }
      let end = text.index(after: close)
      return end < text.endIndex && text[end] == ":" ? end : nil
    }
    if text.first == "{" || text.first == "[" { return nil }
    var index = text.startIndex
    while let colon = text[index...].firstIndex(of: ":") {
      let next = text.index(after: colon)
      if next == text.endIndex || text[next] == " " { return colon }
      index = next
    }
    return nil
  }

  /// A scalar without its quotes and without a comment behind it; nil when more follows a closing quote.
  static func scalar(_ text: Substring) -> String? {
    guard let quote = text.first, quote == "'" || quote == "\"" else { return withoutComment(text) }
    var inner = ""
    var rest = text.dropFirst()
    while let close = rest.firstIndex(of: quote) {
      inner += rest[..<close]
      rest = rest[rest.index(after: close)...]
      // Two single quotes in a row stand for one.
      guard quote == "'", rest.first == "'" else {
        let after = rest.drop { $0 == " " }
        return after.isEmpty || after.first == "#" ? inner : nil
      }
      inner.append("'")
      rest = rest.dropFirst()
    }
    return nil
  }

  /// A comment begins with a # behind a space.
  private static func withoutComment(_ text: Substring) -> String {
    var end = text.endIndex
    var index = text.startIndex
    while let hash = text[index...].firstIndex(of: "#") {
      if hash > text.startIndex, text[text.index(before: hash)] == " " {
        end = hash
        break
      }
      index = text.index(after: hash)
    }
    return String(text[..<end].reversed().drop { $0 == " " }.reversed())
  }
}
