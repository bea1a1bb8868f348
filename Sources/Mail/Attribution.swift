/// The line over a quotation that says who wrote it: "On Tue, 5 Mar 2024 at 09:14, Shop <shop@example.org> wrote:", in the
/// languages and orders that mail programs use, wrapped over up to four lines.
enum Attribution {
  /// How sure it is.
  enum Strength {
    /// Needs a quotation below it.
    case weak
    /// Says by itself that what follows is quoted.
    case strong
  }

  private static let linesMax = 4
  private static let bytesMax = 400
  /// A line of a wrapped attribution, and one that says little more than a name.
  private static let lineBytesMax = 90
  private static let shortBytesMax = 100
  /// Lines of one body that are looked at: past these it is no letter, and reading on would only cost time.
  static let candidatesMax = 300

  /// Whether lines that end at `end` are an attribution, and where it begins. Over a quotation less says so than over other text.
  static func found(
    endingAt end: Int, in lines: [TextLine], isOverQuotation: Bool
  ) -> (start: Int, strength: Strength)? {
    var joined = ""
    var shortest: (start: Int, strength: Strength)?
    for start in stride(from: end, through: max(0, end - linesMax + 1), by: -1) {
      guard lines[start].depth == 0, !lines[start].isBlank else { break }
      joined = start == end ? lines[start].text : lines[start].text + " " + joined
      guard joined.utf8.count <= bytesMax else { break }
      let text = FoldedText(joined)
      guard let strength = strength(of: text, isOverQuotation: isOverQuotation) else { continue }
      // A line that begins with a number may be the second of two.
      if beginsAsOne(text), !startsWithDigit(text) { return (start, strength) }
      if shortest == nil { shortest = (start, strength) }
    }
    guard let shortest else { return nil }
    let start = reachingBack(from: shortest.start, to: end, in: lines)
    let whole = FoldedText(lines[start...end].map(\.text).joined(separator: " "))
    let isStrong = shortest.strength == .strong || strength(of: whole, isOverQuotation: isOverQuotation) == .strong
    return (start, isStrong ? .strong : .weak)
  }

  /// Where an attribution begins that was wrapped behind the writer or the date: it reaches back over lines that tell what the lines
  /// so far do not.
  private static func reachingBack(from found: Int, to end: Int, in lines: [TextLine]) -> Int {
    var start = found
    var said = Telling(lines[start...end].map(\.text).joined(separator: " "))
    while start > 0, end - start + 1 < linesMax {
      let above = lines[start - 1]
      guard above.depth == 0, !above.isBlank, let last = above.text.trimmed.utf8.last,
        ![0x2E, 0x21, 0x3F, 0x3A].contains(last), above.text.utf8.count <= lineBytesMax
      else { break }
      let tells = Telling(above.text)
      guard tells.isMore(than: said) else { break }
      said.add(tells)
      start -= 1
    }
    return start
  }

  /// What an attribution tells: who, when, and that they wrote.
  private struct Telling {
    var hasAddress: Bool
    var hasTime: Bool
    var hasDate: Bool
    var hasVerb: Bool

    init(_ text: String) {
      let folded = FoldedText(text)
      let evidence = TimeEvidence(folded)
      hasAddress = folded.bytes.contains(0x40)
      hasTime = evidence.hasTime
      hasDate = evidence.hasDate
      hasVerb = folded.contains(anyWordOf: innerVerbs) || folded.trimming { $0 == 0x3A }.ends(withAnyOf: finalVerbs)
    }

    func isMore(than other: Telling) -> Bool {
      hasAddress && !other.hasAddress || hasTime && !other.hasTime || hasDate && !other.hasDate
        || hasVerb && !other.hasVerb
    }

    mutating func add(_ other: Telling) {
      hasAddress = hasAddress || other.hasAddress
      hasTime = hasTime || other.hasTime
      hasDate = hasDate || other.hasDate
      hasVerb = hasVerb || other.hasVerb
    }
  }

  /// Whether a text between dashes says that someone wrote something: Zoho's "---- On …, Shop <…> wrote ----".
  static func isBetweenDashes(_ bare: FoldedText) -> Bool {
    let evidence = TimeEvidence(bare)
    return bare.count <= bytesMax && bare.ends(withAnyOf: finalVerbs) && evidence.hasTime && evidence.hasDate
  }

  /// A cheap test of the last line.
  static func mayEnd(_ line: String) -> Bool {
    var rest = line.utf8[...]
    while let last = rest.last, [0x20, 0x09, 0x2A, 0x5F].contains(last) { rest.removeLast() }
    return rest.last == 0x3A || rest.suffix(3).elementsEqual([0xEF, 0xBC, 0x9A])
  }

  private static func strength(of text: FoldedText, isOverQuotation: Bool) -> Strength? {
    let line = text.trimming { $0 == 0x2A || $0 == 0x5F }
    // "Subject:" and its like belong to a header block; a sender who tells what they wrote tells their own words.
    guard line.last == 0x3A, line.count > 6, !line.starts(withAnyWordOf: firstPerson) else { return nil }
    let said = line.trimming { $0 == 0x3A }
    let saysLast = said.ends(withAnyOf: finalVerbs)
    let saysSo = saysLast || said.contains(anyWordOf: innerVerbs)
    let evidence = TimeEvidence(said)
    let hasTime = evidence.hasTime || evidence.hasDate
    let hasAddress = said.bytes.contains(0x40)
    if hasAddress, hasTime {
      // Without a verb, only what ends with an address or a time in brackets: Gmail in Russian and in Japanese.
      if saysSo || said.last == 0x3E || (said.last == 0x5D && evidence.hasTime) { return .strong }
      return isOverQuotation ? .weak : nil
    }
    if hasAddress, said.last == 0x3E, said.starts(withAnyWordOf: quoters) { return .strong }
    guard saysSo else { return nil }
    if hasAddress, saysLast, said.count <= shortBytesMax, said.bytes.contains(0x3E) { return .strong }
    if evidence.hasTime, evidence.hasDate, beginsAsOne(text) || endsWithDate(said) { return .strong }
    return hasAddress || hasTime || beginsAsOne(text) || said.count < 60 ? .weak : nil
  }

  /// "Klantenservice schreef op 2024-03-05 09:14": a short name, the verb, and nothing but the time.
  private static func endsWithDate(_ said: FoldedText) -> Bool {
    guard said.count <= shortBytesMax else { return false }
    return datedVerbs.contains { verb in
      guard let place = said.bytes.firstOffset(of: verb.bytes), place <= shortBytesMax / 2 else { return false }
      let rest = FoldedText(String(decoding: said.bytes[(place + verb.count)...], as: UTF8.self))
      let evidence = TimeEvidence(rest)
      return evidence.hasTime && evidence.hasDate && rest.count <= 40
    } || eastern.contains { said.ends(withAnyOf: [$0]) }
  }

  /// Whether a text begins as an attribution does, rather than in the middle of one or with prose before it.
  private static func beginsAsOne(_ text: FoldedText) -> Bool {
    let line = text.trimming { $0 == 0x2A || $0 == 0x5F || $0 == 0x2D }
    let head = FoldedText(String(decoding: line.bytes.prefix(28), as: UTF8.self))
    if head.starts(withAnyWordOf: weekdays) { return true }
    if let first = head.bytes.first, (0x30...0x39).contains(first) { return true }
    guard head.starts(withAnyWordOf: openers) else { return false }
    return head.contains(anyWordOf: weekdays) || head.bytes.contains { (0x30...0x39).contains($0) }
  }

  private static func startsWithDigit(_ text: FoldedText) -> Bool {
    text.trimming { $0 == 0x2A || $0 == 0x5F || $0 == 0x2D }.bytes.first.map { (0x30...0x39).contains($0) } ?? false
  }

  /// Verbs before the colon.
  private static let finalVerbs = FoldedText.phrases([
    " wrote", " writes", "> wrote", " said", " schrieb", " geschrieben", " a écrit", " écrit", " a écrit ", " escribió",
    " escribio", " ha escrito", " escreveu", " ha scritto", " scrisse", " scrive", " schreef", " geschreven", " skrev",
    " kirjoitti", " napisał", " napisał(a)", " napisała", " napsal", " napsal(a)", " napísal", " napísal(a)",
    " a scris",
    " yazdı", " написал", " написал(а)", " написала", " пишет", " написав", " пише", " έγραψε", " va escriure",
    " je napisao", " je napisal", " rašė", " rakstīja", " kirjutas", "写道", " 写道", "님이 작성", " menulis", " đã viết",
    " idatzi du", " pisze", " napisao je", " napisala je",
    " je napisao/la", " írta", " şunu yazdı", " şunları yazdı", "のメール", "から", " 작성", " folgendes", " het volgende",
    " lo siguiente", " quanto segue",
  ])

  /// Verbs that stand before the writer.
  private static let innerVerbs = FoldedText.phrases([
    "schrieb", "schreef", "skrev", "hat geschrieben", "a écrit", "ha scritto", "tarihinde", "ezt írta", "пользователь",
    "odesílatel", "wrote on", "wrote at", "napisał(a)", "użytkownik", "hat folgendes geschrieben", "heeft geschreven",
    "heeft het volgende geschreven",
    "hat am", "said the following on", "napisana przez", "pisze", "kirjoitti", "escreveu no dia", "escreveu em",
    "escribió el", "a écrit le", "ha scritto il", "şunu yazdı", "şunları yazdı", "ezt írta", "írta", "napisał w dniu",
    "napsal dne",
  ])

  /// Verbs after which nothing but the time follows.
  private static let datedVerbs = FoldedText.phrases([
    "wrote on", "wrote at", "said the following on", "schrieb am", "schreef op", "skrev den", "kirjoitti",
    "escreveu no dia", "escreveu em", "escribió el", "a écrit le", "ha scritto il", "şunları yazdı", "napisał w dniu",
    "napsal dne",
  ])

  /// Verbs of languages that write them last and without a space.
  private static let eastern = FoldedText.phrases(["写道", "寫道", "のメール", "님이 작성"])

  /// Before the writer, instead of a verb.
  private static let quoters = FoldedText.phrases(["quoting", "zitat von", "zitiere", "citando", "citation de"])

  private static let firstPerson = FoldedText.phrases([
    "i", "we", "ich", "wir", "je", "j'ai", "nous", "yo", "io", "ik", "eu",
  ])

  private static let openers = FoldedText.phrases([
    "on", "am", "le", "el", "il", "il giorno", "op", "em", "den", "a", "w dniu", "dnia", "dne", "în", "in data", "alle",
    "o", "no dia", "el dia", "at", "den", "v", "vo", "u", "pada", "vào", "en fecha", "pe",
    "στις", "dňa", "dana", "dňa", "kl", "på", "vid", "在", "于", "於",
  ])

  private static let weekdays = FoldedText.phrases([
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
    "sunday", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag", "mo", "di",
    "mi", "do", "fr", "sa", "so", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "lun", "mar",
    "mer", "jeu", "ven", "sam", "dim", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo", "mié",
    "jue", "vie", "sáb", "dom", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica", "gio",
    "sab", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag", "ma", "wo", "vr", "za", "zo",
    "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "seg", "ter", "qua", "qui", "sex",
    "segunda", "terça", "quarta", "quinta", "sexta", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag",
    "söndag", "mån", "tis", "ons", "tors", "tor", "fre", "lör", "sön", "mandag", "tirsdag", "lørdag", "søndag", "man",
    "tir", "lør", "søn", "pon", "wt", "śr", "czw", "pt", "sob", "niedz", "po", "út", "st", "čt", "pá", "ne", "ti", "ke",
    "to", "pe", "la", "su", "пн", "вт", "ср", "чт", "пт", "сб", "вс",
  ])
}
