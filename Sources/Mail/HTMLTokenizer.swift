/// The tokens of an HTML text, read from its bytes without a tree. Never fails: what is no tag is text, as in browsers.
struct HTMLTokenizer {
  /// A token; names and values are lower case where HTML says that case does not matter.
  enum Token {
    case text(Range<Int>)
    case startTag(Tag)
    case endTag(String)
  }

  /// A start tag with the attributes that tell what an element is for.
  struct Tag {
    var name: String
    var id = ""
    var classes = ""
    var style = ""
    var type = ""
    /// The attribute `name`.
    var label = ""
    /// `data-smartmail` and the like: how Gmail says what an element is.
    var purpose = ""
    var isHidden = false
  }

  /// Elements whose content is not markup.
  private static let rawText: Set<String> = [
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes",
  ]
  private static let attributesMax = 200

  private let bytes: [UInt8]
  private var position = 0
  /// The element whose content is read as raw text now.
  private var raw: String?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next token; nil at the end.
  mutating func next() -> Token? {
    while position < bytes.count {
      if let name = raw {
        raw = nil
        skipRawText(name)
        continue
      }
      guard bytes[position] == 0x3C else { return .text(takeText()) }
      let start = position
      if let token = takeMarkup() { return token }
      if position == start {
        // A "<" that begins nothing.
        position += 1
        return .text(start..<(textEnd(from: position)))
      }
    }
    return nil
  }

  private mutating func takeText() -> Range<Int> {
    let start = position
    position = textEnd(from: position)
    return start..<position
  }

  private mutating func textEnd(from start: Int) -> Int {
    var end = start
    while end < bytes.count, bytes[end] != 0x3C { end += 1 }
    position = end
    return end
  }

  /// A tag, or nil after a comment or declaration; nil without moving when "<" begins no markup.
  private mutating func takeMarkup() -> Token? {
    guard position + 1 < bytes.count else { return nil }
    switch bytes[position + 1] {
    case 0x21, 0x3F:  // <! <?
      skipDeclaration()
      return nil
    case 0x2F:  // </
      guard position + 2 < bytes.count, isLetter(bytes[position + 2]) else {
        skip(past: 0x3E)
        return nil
      }
      position += 2
      let name = takeName()
      skip(past: 0x3E)
      return .endTag(name)
    case let byte where isLetter(byte):
      position += 1
      var tag = Tag(name: takeName())
      takeAttributes(&tag)
      if Self.rawText.contains(tag.name) { raw = tag.name }
      return .startTag(tag)
    default: return nil
    }
  }

  private mutating func skipDeclaration() {
    if bytes[position...].starts(with: Array("<!--".utf8)) {
      // `<!-->` and `<!--->` are empty comments.
      var end = position + 4
      if end < bytes.count, bytes[end] == 0x3E {
        position = end + 1
        return
      }
      while end < bytes.count {
        if bytes[end] == 0x3E, bytes[end - 1] == 0x2D, bytes[end - 2] == 0x2D {
          position = end + 1
          return
        }
        end += 1
      }
      position = bytes.count
    } else {
      skip(past: 0x3E)
    }
  }

  private mutating func skip(past byte: UInt8) {
    while position < bytes.count, bytes[position] != byte { position += 1 }
    position = min(position + 1, bytes.count)
  }

  /// Moves to the end tag of a raw text element, or to the end.
  private mutating func skipRawText(_ name: String) {
    let name = Array(name.utf8)
    while position < bytes.count {
      if bytes[position] == 0x3C, position + 1 < bytes.count, bytes[position + 1] == 0x2F,
        position + 2 + name.count <= bytes.count,
        zip(bytes[(position + 2)...], name).allSatisfy({ lower($0) == $1 })
      {
        return
      }
      position += 1
    }
  }

  private mutating func takeName() -> String {
    var name: [UInt8] = []
    while position < bytes.count, !isSpace(bytes[position]), bytes[position] != 0x3E, bytes[position] != 0x2F {
      if name.count < 64 { name.append(lower(bytes[position])) }
      position += 1
    }
    return String(decoding: name, as: UTF8.self)
  }

  private mutating func takeAttributes(_ tag: inout Tag) {
    var count = 0
    while position < bytes.count {
      while position < bytes.count, isSpace(bytes[position]) || bytes[position] == 0x2F { position += 1 }
      guard position < bytes.count else { return }
      if bytes[position] == 0x3E {
        position += 1
        return
      }
      var name: [UInt8] = []
      while position < bytes.count, !isSpace(bytes[position]), bytes[position] != 0x3D, bytes[position] != 0x3E,
        bytes[position] != 0x2F || name.isEmpty
      {
        if name.count < 64 { name.append(lower(bytes[position])) }
        position += 1
      }
      while position < bytes.count, isSpace(bytes[position]) { position += 1 }
      var value = 0..<0
      if position < bytes.count, bytes[position] == 0x3D {
        position += 1
        while position < bytes.count, isSpace(bytes[position]) { position += 1 }
        value = takeValue()
      } else if name.isEmpty {
        position += 1
      }
      count += 1
      if count <= Self.attributesMax { keep(name, value, in: &tag) }
    }
  }

  private mutating func takeValue() -> Range<Int> {
    guard position < bytes.count else { return 0..<0 }
    let quote = bytes[position]
    if quote == 0x22 || quote == 0x27 {
      let start = position + 1
      position = start
      while position < bytes.count, bytes[position] != quote { position += 1 }
      let end = position
      position = min(position + 1, bytes.count)
      return start..<end
    }
    let start = position
    while position < bytes.count, !isSpace(bytes[position]), bytes[position] != 0x3E { position += 1 }
    return start..<position
  }

  private func keep(_ name: [UInt8], _ value: Range<Int>, in tag: inout Tag) {
    func text() -> String { String(decoding: bytes[value].prefix(2048).map(lower), as: UTF8.self) }
    switch String(decoding: name, as: UTF8.self) {
    case "id": tag.id = text()
    case "class": tag.classes = text()
    case "style": tag.style = text()
    case "type": tag.type = text()
    case "name": tag.label = text()
    case "data-smartmail", "data-signature-widget": tag.purpose = text()
    case "hidden": tag.isHidden = true
    default: break
    }
  }
}

private func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

private func lower(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
