/// Where a sender's own text ends and the signature begins.
enum Signature {
  /// Lines of a signature that begins with a mark other than RFC 3676's "-- ".
  private static let linesMax = 15
  /// Lines between a valediction and the end.
  private static let valedictionLinesMax = 8
  private static let lineBytesMax = 80
  private static let nameBlockLinesMax = 10

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
    if let start = nameBlock(lines, sender) { return start }
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

  /// "Best regards," alone on a line, then the sender's name or ways to reach them, to the end; or both on one line, "LG Anna".
  private static func valediction(_ lines: [TextLine], _ sender: String?) -> Int? {
    let filled = lines.indices.filter { !lines[$0].isBlank }
    for (position, index) in filled.enumerated().reversed().prefix(valedictionLinesMax + 1) where position > 0 {
      let text = FoldedText(lines[index].text).trimming { [0x2C, 0x2E, 0x21, 0x2D, 0x3B, 0x2A, 0x5F].contains($0) }
      guard text.count <= 48 else { continue }
      let rest = filled[(position + 1)...].map { lines[$0].text }
      guard rest.allSatisfy({ $0.utf8.count <= lineBytesMax }) else { continue }
      if valedictions.contains(where: { $0.bytes == text.bytes }) {
        if rest.isEmpty || rest.contains(where: { isName($0, of: sender) || isContact($0) }) || rest.count == 1 {
          return index
        }
      }
      // Less than a farewell: it is one over the sender's name only.
      let isOverName = rest.first.map { isName($0, of: sender) || (sender == nil && isNameLike($0[...])) } ?? false
      if isOverName, thanks.contains(where: { $0.bytes == text.bytes }) || text.starts(withAnyWordOf: valedictions) {
        return index
      }
      if let name = name(behindValediction: text) {
        let written = lines[index].text.trimmed.split(separator: " ").suffix(name.split(separator: " ").count)
        if isName(name, of: sender) || (sender == nil && isNameLike(written.joined(separator: " ")[...])) {
          return index
        }
      }
    }
    return nil
  }

  /// What stands behind a valediction on its line.
  private static func name(behindValediction text: FoldedText) -> String? {
    guard let farewell = valedictions.filter({ text.starts(withWord: $0) }).max(by: { $0.count < $1.count }),
      farewell.count < text.count
    else { return nil }
    return String(decoding: text.bytes[farewell.count...], as: UTF8.self)
  }

  /// The sender's whole name alone on a line, and below it, to the end, short lines with a way to reach them.
  private static func nameBlock(_ lines: [TextLine], _ sender: String?) -> Int? {
    let filled = lines.indices.filter { !lines[$0].isBlank }
    for (position, index) in filled.enumerated().reversed().prefix(nameBlockLinesMax) where position > 0 {
      guard nameWords(lines[index].text).count >= 2, isName(lines[index].text, of: sender) else { continue }
      let rest = filled[(position + 1)...].map { lines[$0].text }
      if rest.contains(where: isContact), rest.allSatisfy({ $0.utf8.count <= lineBytesMax }) { return index }
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

  /// Up to three words that begin with a capital: where a message does not tell its sender's name.
  private static func isNameLike(_ line: Substring) -> Bool {
    let words = line.split(separator: " ")
    return (1...3).contains(words.count) && line.utf8.count <= 40
      && words.allSatisfy { word in
        word.unicodeScalars.first?.properties.isUppercase == true
          && word.unicodeScalars.dropFirst().contains { $0.properties.isLowercase }
          && word.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || $0 == "." || $0 == "'" || $0 == "-" || $0 == "’"
          }
      }
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
    "pozdrawiam", "pozdrawiam serdecznie", "serdecznie pozdrawiam", "z pozdrowieniami", "z wyrazami szacunku",
    "med vänlig hälsning", "vänlig hälsning", "bästa hälsningar", "hilsener", "mange hilsner", "de bedste hilsner",
    "med venlige hilsner", "parhain terveisin", "all the best", "with warm regards", "with regards", "kindest",
    "best regards and thanks", "thanks and regards", "thanks and best regards", "thanks & regards", "warmly",
    "yours respectfully", "gruss", "grüsse", "lieben gruß", "lieben gruss", "liebe grüsse", "viele liebe grüße",
    "beste wensen", "met hartelijke groet", "met groeten", "hartelijke groeten", "vr.gr", "gr", "salutations cordiales",
    "cordiales salutations", "sincèrement", "respectueusement", "amicalement", "bisous", "un abrazo", "abrazos",
    "reciban un cordial saludo", "atte", "muchos saludos", "tanti saluti", "i migliori saluti", "in fede",
    "saluti cordiali",
    "um abraço", "melhores saudações", "saudações", "beijos", "s úctou", "s pozdravom", "se srdečným pozdravem",
    "hezký den", "üdvözlettel", "tisztelettel", "cu stimă", "cu respect", "lep pozdrav", "srdačan pozdrav",
    "с наилучшими пожеланиями",
    "з повагою", "saygılarla", "iyi çalışmalar", "με εκτίμηση", "よろしくお願いします", "敬具", "此致", "감사합니다",
    "z poważaniem", "s pozdravem", "с уважением", "saygılarımla",
  ])

  /// What people also write over their names, and elsewhere.
  private static let thanks = FoldedText.phrases([
    "thanks", "thank you", "many thanks", "thanks in advance", "thank you in advance", "thanks again", "thanks so much",
    "thank you very much", "thx", "ty", "best", "love", "yours", "take care", "danke", "vielen dank", "besten dank",
    "herzlichen dank", "danke und gruß", "danke im voraus", "vielen dank im voraus", "merci", "merci d'avance",
    "merci beaucoup", "bonne journée", "gracias", "muchas gracias", "gracias de antemano", "grazie", "grazie mille",
    "bedankt", "alvast bedankt", "dank u", "dank je", "obrigado", "obrigada", "muito obrigado", "tack",
    "tack på förhand",
    "tak", "på forhånd tak", "takk", "kiitos", "dziękuję", "z góry dziękuję", "děkuji", "předem děkuji", "ďakujem",
    "спасибо", "дякую", "teşekkürler", "köszönöm", "mulțumesc", "hvala",
  ])
}
