/// A text/plain part as lines: marks of quotation become depths, flowed lines (RFC 3676) become whole again.
enum PlainText {
  /// Spaces before a `>` that still make it a mark of quotation.
  private static let indentMax = 2

  static func lines(_ text: String, isFlowed: Bool, deletesSpace: Bool) -> [TextLine] {
    var lines: [TextLine] = []
    var isOpen = false
    for raw in split(text) {
      var (depth, rest) = quotation(raw)
      if isFlowed, rest.first == 0x20 { rest.removeFirst() }
      let isSignatureMark = rest.elementsEqual([0x2D, 0x2D, 0x20])
      let flows = isFlowed && rest.last == 0x20 && !isSignatureMark
      if flows, deletesSpace { rest.removeLast() }
      let content = cleaned(rest)
      if isOpen, let last = lines.indices.last, lines[last].depth == depth, !isSignatureMark {
        lines[last].text += content
      } else {
        lines.append(TextLine(text: content, depth: depth, endsByIntent: isFlowed))
      }
      isOpen = flows
    }
    adoptOrphans(&lines)
    return lines
  }

  /// Lines by LF, CRLF or a bare CR.
  private static func split(_ text: String) -> [Substring.UTF8View.SubSequence] {
    var lines: [Substring.UTF8View.SubSequence] = []
    let bytes = text.utf8[...]
    var start = bytes.startIndex
    var index = start
    while index < bytes.endIndex {
      let byte = bytes[index]
      let next = bytes.index(after: index)
      if byte == 0x0A || byte == 0x0D {
        lines.append(bytes[start..<index])
        start = byte == 0x0D && next < bytes.endIndex && bytes[next] == 0x0A ? bytes.index(after: next) : next
        index = start
      } else {
        index = next
      }
    }
    if start < bytes.endIndex { lines.append(bytes[start...]) }
    return lines
  }

  /// The depth of a line and what follows its marks.
  private static func quotation(
    _ line: Substring.UTF8View.SubSequence
  ) -> (depth: Int, rest: Substring.UTF8View.SubSequence) {
    var rest = line
    let indented = rest.drop { $0 == 0x20 }
    if rest.count - indented.count <= indentMax, indented.first == 0x3E { rest = indented }
    var depth = 0
    while rest.first == 0x3E {
      depth += 1
      rest.removeFirst()
      // "> > text" is as deep as ">> text".
      let inner = rest.drop { $0 == 0x20 }
      if inner.first == 0x3E { rest = inner }
    }
    if depth > 0, rest.first == 0x20 { rest.removeFirst() }
    return (depth, rest)
  }

  /// No-break spaces become spaces; what has no width goes.
  private static func cleaned(_ bytes: Substring.UTF8View.SubSequence) -> String {
    if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
    var result = String.UnicodeScalarView()
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\u{A0}", "\u{202F}", "\u{2007}": result.append(" ")
      case "\u{FEFF}", "\u{200B}", "\u{200E}", "\u{200F}", "\u{AD}", "\u{2060}": break
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// A program that wraps a quoted line again leaves its last words on a line without a mark, between quoted lines.
  private static func adoptOrphans(_ lines: inout [TextLine]) {
    let quotedMin = 60
    let orphanMax = 30
    guard lines.count > 2 else { return }
    for index in 1..<(lines.count - 1) where lines[index].depth == 0 && !lines[index].isBlank {
      let before = lines[index - 1]
      let text = lines[index].text
      // The second half of a quoted attribution.
      if before.depth > 0, lines[index + 1].depth > 0, text.utf8.contains(0x40), text.trimmed.utf8.last == 0x3A {
        lines[index].depth = before.depth
        continue
      }
      guard before.depth > 0, lines[index + 1].depth == before.depth, before.text.utf8.count >= quotedMin,
        lines[index].text.utf8.count <= orphanMax, !lines[index + 1].isBlank
      else { continue }
      lines[index].depth = before.depth
    }
  }
}
