/// The sender's own words among the lines of a body: without earlier messages, the lines over them, signatures, disclaimers and
/// what programs add. Replies below and between quoted lines stay.
enum OwnWords {
  /// Last lines among which those of programs are looked for.
  private static let programLinesMax = 200

  /// The own lines; blank ones between paragraphs only. `sender` is the name beside the address.
  static func lines(of body: [TextLine], sender: String?) -> [TextLine] {
    var own = beforeCuts(body)
    own.removeAll { $0.place == .signature }
    let tail = max(0, own.count - programLinesMax)
    own = Array(own[..<tail]) + own[tail...].filter { !ProgramLine.isOne($0.text) }
    own = Array(own[..<Signature.start(in: own, sender: sender)])
    own = Array(own[..<Disclaimer.start(in: own)])
    own = withoutUuencoded(own)
    while let last = own.last, last.isBlank || Disclaimer.isRule(last.text) { own.removeLast() }
    // A signature may stand over a disclaimer.
    own = Array(own[..<Signature.start(in: own, sender: sender)])
    return withoutRepeatedBlanks(own)
  }

  /// Lines of depth 0 up to where an earlier message begins.
  private static func beforeCuts(_ body: [TextLine]) -> [TextLine] {
    var own: [TextLine] = []
    /// For each own line its index in `body`: an attribution reaches back over several.
    var origin: [Int] = []
    var index = 0
    var candidatesLeft = Attribution.candidatesMax
    while index < body.count {
      let line = body[index]
      if line.depth > 0 {
        index += 1
        continue
      }
      if line.place == .cut || ReplyMarkers.isMark(line.text) { break }
      let mayBeHeader = HeaderBlock.mayBegin(line.text)
      let mayBeAttribution = Attribution.mayEnd(line.text)
      if mayBeHeader || mayBeAttribution { candidatesLeft -= 1 }
      if mayBeHeader, candidatesLeft >= 0, HeaderBlock.begins(at: index, in: body) { break }
      let isQuotedBelow = mayBeAttribution && candidatesLeft >= 0 && isQuoted(after: index, in: body)
      if mayBeAttribution, candidatesLeft >= 0,
        let found = Attribution.found(endingAt: index, in: body, isOverQuotation: isQuotedBelow)
      {
        if isQuotedBelow || found.strength == .strong {
          while let last = origin.last, last >= found.start {
            own.removeLast()
            origin.removeLast()
          }
          if !isQuotedBelow { break }
          index += 1
          continue
        }
      }
      if line.place != .attribution {
        own.append(line)
        origin.append(index)
      }
      index += 1
    }
    return own
  }

  /// Whether the next line that is not blank is quoted.
  private static func isQuoted(after index: Int, in body: [TextLine]) -> Bool {
    for line in body[(index + 1)...] {
      if line.depth > 0 { return true }
      if !line.isBlank { return false }
    }
    return false
  }

  /// Files inside a text as mail programs before MIME sent them: "begin 644 name" to "end".
  private static func withoutUuencoded(_ lines: [TextLine]) -> [TextLine] {
    guard
      let start = lines.firstIndex(where: { line in
        let words = line.text.split(separator: " ")
        return words.count >= 3 && words[0] == "begin" && words[1].utf8.count == 3
          && words[1].utf8.allSatisfy { (0x30...0x37).contains($0) }
      }), let end = lines[start...].firstIndex(where: { $0.text.trimmed == "end" })
    else { return lines }
    return Array(lines[..<start] + lines[(end + 1)...])
  }

  private static func withoutRepeatedBlanks(_ lines: [TextLine]) -> [TextLine] {
    var kept: [TextLine] = []
    for line in lines where !(line.isBlank && kept.last?.isBlank != false) { kept.append(line) }
    while kept.last?.isBlank == true { kept.removeLast() }
    return kept
  }
}
