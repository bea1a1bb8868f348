/// Where a sender's own text ends and the signature begins.
enum Signature {
  /// Lines of a signature that begins with a mark other than RFC 3676's "-- ".
  private static let linesMax = 15
  /// Lines between a valediction and the end.
  private static let valedictionLinesMax = 8
  private static let lineBytesMax = 80

  /// The index of the signature's first line among a sender's own lines, or their count. `sender` is the name beside the address.
  static func start(in lines: [TextLine], sender: String?) -> Int {
    // For each line how many below it are not blank.
    var filled = 0
    var below = [Int](repeating: 0, count: lines.count)
    for index in lines.indices.reversed() {
      below[index] = filled
      if !lines[index].isBlank { filled += 1 }
    }
    if let mark = lines.indices.first(where: { isMark($0, lines, below: below[$0]) }) { return mark }
    if let start = valediction(lines, sender) { return start }
    return bareName(lines, sender) ?? lines.count
  }

  /// "-- " ends a text (RFC 3676 §4.3). Programs that cut the space off, and people who draw the line themselves, mean it only
  /// where little follows.
  private static func isMark(_ index: Int, _ lines: [TextLine], below: Int) -> Bool {
    let text = lines[index].text
    guard !lines[index].isBlank else { return false }
    if text == "-- " { return true }
    guard below <= linesMax else { return false }
    let scalars = text.trimmed.unicodeScalars
    guard scalars.count >= 1, scalars.allSatisfy({ "-_—–=*~".unicodeScalars.contains($0) }) else { return false }
    let rest = lines[(index + 1)...].filter { !$0.isBlank }
    if text.trimmed == "--" { return rest.count <= linesMax }
    let isRule = scalars.count >= 2 || text.trimmed == "—"
    return isRule && index > 0 && !rest.isEmpty && rest.count <= 6
      && rest.allSatisfy { $0.text.utf8.count <= lineBytesMax }
      && rest.contains { isContact($0.text) }
  }

  /// "Best regards," alone on a line, then the sender's name or ways to reach them, to the end.
  private static func valediction(_ lines: [TextLine], _ sender: String?) -> Int? {
    let filled = lines.indices.filter { !lines[$0].isBlank }
    for (position, index) in filled.enumerated().reversed().prefix(valedictionLinesMax + 1) where position > 0 {
      let text = FoldedText(lines[index].text).trimming { [0x2C, 0x2E, 0x21, 0x2D, 0x3B].contains($0) }
      guard text.count <= 40, valedictions.contains(where: { $0.bytes == text.bytes }) else { continue }
      let rest = filled[(position + 1)...].map { lines[$0].text }
      guard rest.allSatisfy({ $0.utf8.count <= lineBytesMax }) else { continue }
      if rest.isEmpty || rest.contains(where: { isName($0, of: sender) || isContact($0) }) || rest.count == 1 {
        return index
      }
    }
    return nil
  }

  /// Nothing but the sender's name on the last line.
  private static func bareName(_ lines: [TextLine], _ sender: String?) -> Int? {
    guard let last = lines.lastIndex(where: { !$0.isBlank }), last > 0, isName(lines[last].text, of: sender) else {
      return nil
    }
    return last
  }

  private static func isName(_ line: String, of sender: String?) -> Bool {
    guard let sender else { return false }
    let words = nameWords(sender)
    let written = nameWords(line)
    guard !words.isEmpty, !written.isEmpty, written.count <= words.count + 1 else { return false }
    // "Anna", "A. Larsson" and "Anna Larsson" are Anna Larsson; "Larsson family shop" is not.
    return written.allSatisfy { word in words.contains { $0 == word || (word.count == 1 && $0.first == word.first) } }
  }

  private static func nameWords(_ text: String) -> [[UInt8]] {
    FoldedText(text).bytes.split { $0 < 0x80 && !(0x61...0x7A).contains($0) }.map { Array($0) }
  }

  /// A telephone number, an address of mail or of the web.
  static func isContact(_ line: String) -> Bool {
    let text = FoldedText(line)
    let digits = text.bytes.count { (0x30...0x39).contains($0) }
    if digits >= 6, text.bytes.allSatisfy({ !(0x61...0x7A).contains($0) }) || text.starts(withAnyWordOf: telephones) {
      return true
    }
    let words = text.bytes.split(separator: 0x20)
    return words.count <= 4
      && words.contains {
        $0.contains(0x40) || $0.starts(with: [0x77, 0x77, 0x77, 0x2E]) || $0.starts(with: Array("http".utf8))
      }
  }

  private static let telephones = FoldedText.phrases([
    "tel", "tel.", "telephone", "telefon", "téléphone", "tél", "teléfono", "telefono", "telefoon", "phone", "mobile",
    "mob",
    "mobil", "cell", "fax", "office", "direct", "m", "t", "p", "handy", "portable", "cellulare", "móvil",
  ])

  private static let valedictions = FoldedText.phrases([
    "regards", "best regards", "kind regards", "kindest regards", "warm regards", "warmest regards",
    "with kind regards",
    "with best regards", "many regards", "best wishes", "yours sincerely", "yours faithfully", "sincerely",
    "sincerely yours",
    "yours truly", "respectfully", "cordially", "br", "rgds", "cheers", "mit freundlichen grüßen",
    "mit freundlichen grüssen",
    "mit freundlichem gruß", "mit freundlichem gruss", "freundliche grüße", "freundliche grüsse", "freundlichen gruß",
    "viele grüße", "viele grüsse", "beste grüße", "beste grüsse", "liebe grüße", "schöne grüße", "herzliche grüße",
    "mfg", "lg",
    "vg", "hochachtungsvoll", "gruß", "grüße", "cordialement", "bien cordialement", "très cordialement", "bien à vous",
    "sincères salutations", "meilleures salutations", "salutations", "salutations distinguées", "cdt", "saludos",
    "un saludo", "saludos cordiales", "cordiales saludos", "atentamente", "un cordial saludo", "cordialmente",
    "cordiali saluti", "distinti saluti", "saluti", "un saluto", "un cordiale saluto", "grazie e saluti",
    "met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groet", "vriendelijke groeten", "groeten",
    "groetjes",
    "mvg", "hoogachtend", "atenciosamente", "cumprimentos", "com os melhores cumprimentos", "melhores cumprimentos",
    "abraços",
    "abraço", "att", "med vänliga hälsningar", "vänliga hälsningar", "hälsningar", "mvh", "med venlig hilsen",
    "venlig hilsen", "hilsen", "med vennlig hilsen", "vennlig hilsen", "ystävällisin terveisin", "terveisin",
    "pozdrawiam", "z poważaniem", "s pozdravem", "с уважением", "saygılarımla",
  ])
}
