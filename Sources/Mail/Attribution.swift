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
  /// Lines of one body that are looked at: past these it is no letter, and reading on would only cost time.
  static let candidatesMax = 300

  /// Whether lines that end at `end` are an attribution, and where it begins.
  static func found(endingAt end: Int, in lines: [TextLine]) -> (start: Int, strength: Strength)? {
    var joined = ""
    var shortest: (start: Int, strength: Strength)?
    for start in stride(from: end, through: max(0, end - linesMax + 1), by: -1) {
      guard lines[start].depth == 0, !lines[start].isBlank else { break }
      joined = start == end ? lines[start].text : lines[start].text + " " + joined
      guard joined.utf8.count <= bytesMax else { break }
      let text = FoldedText(joined)
      guard let strength = strength(of: text) else { continue }
      if beginsAsOne(text) { return (start, strength) }
      if shortest == nil { shortest = (start, strength) }
    }
    return shortest
  }

  /// A cheap test of the last line.
  static func mayEnd(_ line: String) -> Bool {
    var rest = line.utf8[...]
    while let last = rest.last, [0x20, 0x09, 0x2A, 0x5F].contains(last) { rest.removeLast() }
    return rest.last == 0x3A || rest.suffix(3).elementsEqual([0xEF, 0xBC, 0x9A])
  }

  private static func strength(of text: FoldedText) -> Strength? {
    let line = text.trimming { $0 == 0x2A || $0 == 0x5F }
    // "Subject:" and its like belong to a header block; a sender who tells what they wrote tells their own words.
    guard line.last == 0x3A, line.count > 6, !line.starts(withAnyWordOf: firstPerson) else { return nil }
    let said = line.trimming { $0 == 0x3A }
    let saysSo = said.ends(withAnyOf: finalVerbs) || said.contains(anyWordOf: innerVerbs)
    let evidence = TimeEvidence(said)
    let hasTime = evidence.hasTime || evidence.hasDate
    let hasAddress = said.bytes.contains(0x40)
    if hasAddress, hasTime {
      // Without a verb, only what ends with an address in brackets: Gmail in Russian and in Japanese.
      return saysSo || said.last == 0x3E ? .strong : nil
    }
    guard saysSo else { return nil }
    if evidence.hasTime, evidence.hasDate, beginsAsOne(text) { return .strong }
    return hasAddress || hasTime || beginsAsOne(text) || said.count < 60 ? .weak : nil
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

  /// Verbs before the colon.
  private static let finalVerbs = FoldedText.phrases([
    " wrote", " writes", "> wrote", " said", " schrieb", " geschrieben", " a écrit", " écrit", " a écrit ", " escribió",
    " escribio", " ha escrito", " escreveu", " ha scritto", " scrisse", " scrive", " schreef", " geschreven", " skrev",
    " kirjoitti", " napisał", " napisał(a)", " napisała", " napsal", " napsal(a)", " napísal", " napísal(a)",
    " a scris",
    " yazdı", " написал", " написал(а)", " написала", " пишет", " написав", " пише", " έγραψε", " va escriure",
    " je napisao", " je napisal", " rašė", " rakstīja", " kirjutas", "写道", " 写道", "님이 작성", " menulis", " đã viết",
    " idatzi du", " folgendes", " het volgende", " lo siguiente", " quanto segue",
  ])

  /// Verbs that stand before the writer.
  private static let innerVerbs = FoldedText.phrases([
    "schrieb", "schreef", "skrev", "hat geschrieben", "a écrit", "ha scritto", "tarihinde", "ezt írta", "пользователь",
    "odesílatel", "wrote on", "wrote at", "napisał(a)", "użytkownik", "hat folgendes geschrieben", "heeft geschreven",
    "heeft het volgende geschreven",
  ])

  private static let firstPerson = FoldedText.phrases([
    "i", "we", "ich", "wir", "je", "j'ai", "nous", "yo", "io", "ik", "eu",
  ])

  private static let openers = FoldedText.phrases([
    "on", "am", "le", "el", "il", "il giorno", "op", "em", "den", "a", "w dniu", "dnia", "dne", "în", "in data", "alle",
    "o", "no dia", "el dia", "at", "den", "v", "vo", "u", "pada", "vào",
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
