/// Reads flow maps and lists, `{a: 1, b: [x, 'y, z']}`, that stand on one line.
struct FlowReader {
  private let text: [Character]
  private let line: Int
  private var position = 0

  init(_ text: Substring, line: Int) {
    self.text = Array(text)
    self.line = line
  }

  /// The one value of the line; a comment may follow.
  mutating func whole() throws(YAMLError) -> YAMLNode {
    let node = try value()
    skipSpace()
    guard position == text.count || text[position] == "#" else { throw fault("text after the value") }
    return node
  }

  private mutating func value() throws(YAMLError) -> YAMLNode {
    skipSpace()
    switch next {
    case "{": return try map()
    case "[": return try list()
    default: return .scalar(try scalar(endingAt: [",", "}", "]"]))
    }
  }

  private mutating func map() throws(YAMLError) -> YAMLNode {
    var entries: [YAMLNode.Entry] = []
    position += 1
    skipSpace()
    while next != "}" {
      let key = try scalar(endingAt: [":"])
      guard next == ":" else { throw fault("no colon") }
      position += 1
      entries.append(.init(key: key, value: try value()))
      try separator(or: "}")
    }
    position += 1
    return .map(entries)
  }

  private mutating func list() throws(YAMLError) -> YAMLNode {
    var elements: [YAMLNode] = []
    position += 1
    skipSpace()
    while next != "]" {
      elements.append(try value())
      try separator(or: "]")
    }
    position += 1
    return .list(elements)
  }

  private mutating func separator(or end: Character) throws(YAMLError) {
    skipSpace()
    if next == "," {
      position += 1
      skipSpace()
    } else if next != end {
      throw fault("no separator")
    }
  }

  private mutating func scalar(endingAt ends: [Character]) throws(YAMLError) -> String {
    skipSpace()
    let start = position
    if let quote = next, quote == "'" || quote == "\"" {
      position += 1
      while next != nil, next != quote { position += 1 }
      guard next == quote else { throw fault("open quote") }
      position += 1
      let inner = String(text[(start + 1)..<(position - 1)])
      skipSpace()
      return inner
    }
    while let character = next, !isEnd(character, ends) { position += 1 }
    guard next != nil else { throw fault("open value") }
    // Some readers take "? " for the mark of a key.
    guard !text[start..<position].contains("?") else { throw fault("a question mark in a text without quotes") }
    return String(String(text[start..<position]).reversed().drop { $0 == " " }.reversed())
  }

  /// A colon ends a key only before a space.
  private func isEnd(_ character: Character, _ ends: [Character]) -> Bool {
    guard ends.contains(character) else { return false }
    return character != ":" || (position + 1 < text.count && text[position + 1] == " ")
  }

  private var next: Character? { position < text.count ? text[position] : nil }

  private mutating func skipSpace() {
    while next == " " { position += 1 }
  }

  private func fault(_ reason: String) -> YAMLError { YAMLError(line: line, reason: reason) }
}
