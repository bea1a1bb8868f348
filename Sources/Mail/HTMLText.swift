/// A text/html part as the lines that a mail program would show: blocks become lines, quoting containers become depths.
struct HTMLText {
  private struct Open {
    var name: String
    var role: HTMLElement.Role
    var isPreformatted: Bool
  }

  /// Elements that are open at once; deeper ones are read as if they were not there.
  private static let depthMax = 400

  private let bytes: [UInt8]
  private var open: [Open] = []
  private var hiddenDepth = 0
  private var quoteDepth = 0
  private var signatureDepth = 0
  private var attributionDepth = 0
  private var preformattedDepth = 0

  private var lines: [TextLine] = []
  private var line: [UInt8] = []
  /// A space that is written only if text follows.
  private var hasPendingSpace = false
  private var isCut = false

  /// The lines of a text.
  static func lines(_ text: String) -> [TextLine] {
    var html = HTMLText(text)
    html.run()
    return html.lines
  }

  private init(_ text: String) { bytes = Array(text.utf8) }

  private mutating func run() {
    var tokens = HTMLTokenizer(bytes)
    while let token = tokens.next() {
      switch token {
      case .text(let range): if hiddenDepth == 0 { append(range) }
      case .startTag(let tag): start(tag)
      case .endTag(let name): end(name)
      }
    }
    endLine()
  }

  private mutating func start(_ tag: HTMLTokenizer.Tag) {
    let layout = HTMLElement.layout(of: tag.name)
    if hiddenDepth == 0 { breakLine(layout) }
    let role = HTMLElement.role(of: tag)
    if role == .cut, hiddenDepth == 0, !isCut {
      endLine()
      isCut = true
      lines.append(TextLine(text: "", depth: quoteDepth, place: .cut))
    }
    if layout == .breakLine, hiddenDepth == 0 { endLine(keepingBlank: true) }
    guard !HTMLElement.isVoid(tag.name) else { return }
    // A paragraph ends where the next begins; a cell and an item, too.
    if ["p", "li", "td", "th", "tr", "dt", "dd", "option"].contains(tag.name) { closeSibling(tag.name) }
    guard open.count < Self.depthMax else { return }
    open.append(Open(name: tag.name, role: role, isPreformatted: tag.name == "pre"))
    change(open[open.count - 1], by: 1)
  }

  private mutating func end(_ name: String) {
    if hiddenDepth == 0 { breakLine(HTMLElement.layout(of: name)) }
    // An end tag does not reach out of its table cell (HTML, "in scope").
    let isOfTable = ["table", "tr", "td", "th", "tbody", "thead", "tfoot"].contains(name)
    var index = open.count - 1
    while index >= 0, open[index].name != name {
      if !isOfTable, open[index].name == "td" || open[index].name == "th" { return }
      index -= 1
    }
    guard index >= 0 else { return }
    close(downTo: index)
  }

  private mutating func closeSibling(_ name: String) {
    guard let last = open.last, last.name == name else { return }
    close(downTo: open.count - 1)
  }

  private mutating func close(downTo index: Int) {
    // What stands on the line so far belongs to the elements that end here.
    if open[index...].contains(where: { $0.role != .none }), hiddenDepth == 0 { endLine() }
    while open.count > index { change(open.removeLast(), by: -1) }
  }

  private mutating func change(_ element: Open, by step: Int) {
    if element.isPreformatted { preformattedDepth += step }
    guard element.role != .none else { return }
    if step > 0, hiddenDepth == 0 { endLine() }
    switch element.role {
    case .hidden: hiddenDepth += step
    case .quotation: quoteDepth += step
    case .signature: signatureDepth += step
    case .attribution: attributionDepth += step
    case .none, .cut: break
    }
  }

  private mutating func breakLine(_ layout: HTMLElement.Layout) {
    switch layout {
    case .inline, .breakLine: break
    case .cell: if !line.isEmpty { hasPendingSpace = true }
    case .block, .row: endLine()
    case .paragraph, .preformatted:
      endLine()
      if lines.last?.isBlank == false { lines.append(newLine("")) }
    }
  }

  private mutating func endLine(keepingBlank: Bool = false) {
    hasPendingSpace = false
    guard !line.isEmpty || keepingBlank else { return }
    lines.append(newLine(String(decoding: line, as: UTF8.self)))
    line.removeAll(keepingCapacity: true)
  }

  private func newLine(_ text: String) -> TextLine {
    let place: TextLine.Place = signatureDepth > 0 ? .signature : attributionDepth > 0 ? .attribution : .body
    // Hotmail and others escape the marks of a plain text into HTML.
    if quoteDepth == 0, text.utf8.first == 0x3E,
      let quoted = PlainText.lines(text, isFlowed: false, deletesSpace: false).first
    {
      return TextLine(text: quoted.text, depth: quoted.depth, place: place, endsByIntent: true)
    }
    return TextLine(text: text, depth: quoteDepth, place: place, endsByIntent: true)
  }

  private mutating func append(_ range: Range<Int>) {
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      if byte == 0x20 || (0x09...0x0D).contains(byte) {
        if preformattedDepth > 0, byte == 0x0A {
          endLine(keepingBlank: true)
        } else if preformattedDepth > 0, byte != 0x0D {
          line.append(0x20)
        } else if !line.isEmpty {
          hasPendingSpace = true
        }
        index += 1
        continue
      }
      let (scalar, next) = scalar(at: index, before: range.upperBound)
      index = next
      switch scalar {
      case "\u{A0}", "\u{202F}", "\u{2007}": write(" ")
      case "\u{FEFF}", "\u{200B}", "\u{200C}", "\u{200E}", "\u{200F}", "\u{AD}", "\u{2060}", "\u{34F}": break
      default: write(scalar)
      }
    }
  }

  private mutating func write(_ scalar: Unicode.Scalar) {
    if hasPendingSpace { line.append(0x20) }
    hasPendingSpace = false
    line.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
  }

  /// A character or character reference, and where the next begins.
  private func scalar(at index: Int, before end: Int) -> (Unicode.Scalar, Int) {
    if bytes[index] == 0x26, let found = reference(at: index, before: end) { return found }
    let length = bytes[index] < 0x80 ? 1 : bytes[index] < 0xE0 ? 2 : bytes[index] < 0xF0 ? 3 : 4
    let stop = min(index + length, end)
    // The text came from a string, so its UTF-8 is valid.
    let scalar = String(decoding: bytes[index..<stop], as: UTF8.self).unicodeScalars.first ?? "\u{FFFD}"
    return (scalar, stop)
  }

  private func reference(at index: Int, before end: Int) -> (Unicode.Scalar, Int)? {
    let lengthMax = 12
    var stop = index + 1
    let limit = min(end, index + lengthMax)
    while stop < limit, bytes[stop] != 0x3B, isReferenceByte(bytes[stop]) { stop += 1 }
    let hasSemicolon = stop < limit && bytes[stop] == 0x3B
    let name = bytes[(index + 1)..<stop]
    let next = hasSemicolon ? stop + 1 : stop
    if name.first == 0x23 {
      let digits = name.dropFirst()
      let isHex = digits.first.map { $0 | 0x20 } == 0x78
      let text = String(decoding: isHex ? digits.dropFirst() : digits, as: UTF8.self)
      guard let number = UInt32(text, radix: isHex ? 16 : 10) else { return nil }
      return (HTMLEntities.scalar(numbered: number), next)
    }
    guard hasSemicolon, let scalar = HTMLEntities.scalar(named: name) else { return nil }
    return (scalar, next)
  }

  private func isReferenceByte(_ byte: UInt8) -> Bool {
    byte == 0x23 || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
  }
}
