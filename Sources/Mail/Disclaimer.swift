/// What a company's server adds below every message: confidentiality, liability, viruses.
enum Disclaimer {
  private static let separatorMin = 5
  /// Rules, from the end, below which a disclaimer is looked for.
  private static let rulesMax = 20
  /// Paragraphs at the end that may each be one.
  private static let paragraphsMax = 20

  /// The index of the disclaimer's first line (its rule, if it has one) among a sender's own lines, or their count.
  static func start(in lines: [TextLine]) -> Int {
    let rules = lines.indices.filter { isRule(lines[$0].text) }.suffix(rulesMax)
    if let rule = rules.first(where: { isDisclaimer(after: $0, in: lines) }) { return rule }
    // Without a rule: the last paragraphs, as long as each is one.
    var end = lines.count
    for _ in 0..<paragraphsMax {
      guard let paragraph = lastParagraph(of: lines[..<end]), paragraph.lowerBound > 0, isDisclaimer(lines[paragraph])
      else { break }
      end = paragraph.lowerBound
    }
    return end
  }

  /// A line of nothing but one character of drawing.
  static func isRule(_ line: String) -> Bool {
    let scalars = line.trimmed.unicodeScalars
    guard scalars.count >= separatorMin, let first = scalars.first else { return false }
    return "-_=*~—–#+.".unicodeScalars.contains(first) && scalars.allSatisfy { $0 == first }
  }

  private static func isDisclaimer(after rule: Int, in lines: [TextLine]) -> Bool {
    let rest = lines[(rule + 1)...].filter { !$0.isBlank && !isRule($0.text) }
    guard !rest.isEmpty else { return true }
    // Underscores are drawn by programs: over disclaimers, footers of lists, earlier messages.
    let isDrawnByProgram = lines[rule].text.trimmed.utf8.count >= 10 && lines[rule].text.trimmed.utf8.first == 0x5F
    if isDrawnByProgram, rule > 0 { return true }
    return isDisclaimer(rest[...])
  }

  private static func lastParagraph(of lines: ArraySlice<TextLine>) -> Range<Int>? {
    guard let last = lines.lastIndex(where: { !$0.isBlank }) else { return nil }
    var start = last
    while start > lines.startIndex, !lines[start - 1].isBlank { start -= 1 }
    return start..<(last + 1)
  }

  private static func isDisclaimer(_ lines: ArraySlice<TextLine>) -> Bool {
    let bytesMax = 6_000
    var text = ""
    for line in lines {
      if text.utf8.count >= bytesMax { break }
      text += (text.isEmpty ? "" : " ") + line.text
    }
    let folded = FoldedText(text)
    if folded.starts(withAnyWordOf: titles) { return true }
    return terms.count { folded.contains($0) } >= 2 || folded.contains(anyOf: sentences)
  }

  private static let titles = FoldedText.phrases([
    "confidentiality notice", "confidentiality note", "disclaimer", "legal disclaimer", "legal notice",
    "privileged and confidential",
    "aviso legal", "aviso de confidencialidad", "avviso di riservatezza", "haftungsausschluss",
    "vertraulichkeitshinweis",
    "avertissement", "aviso de confidencialidade", "warning: the sender", "warning: this e-mail", "warning: this email",
    "please consider the environment", "bitte denken sie an die umwelt", "pensez à l'environnement",
  ])

  /// Sentences that say it alone.
  private static let sentences = FoldedText.phrases([
    "accepts no liability for any damage", "if you are not the intended recipient",
    "if you have received this e-mail in error",
    "if you have received this email in error", "if you have received this message in error",
    "intended solely for the use of the individual", "think before you print", "before printing this e-mail",
    "before printing this email", "wenn sie nicht der richtige adressat", "nicht der beabsichtigte empfänger",
    "si vous n'êtes pas le destinataire", "si usted no es el destinatario", "se non siete il destinatario",
    "indien u niet de geadresseerde", "se você não é o destinatário", "se não for o destinatário",
  ])

  /// Words of which a disclaimer has two and a customer's letter hardly any.
  private static let terms = FoldedText.phrases([
    "intended recipient", "intended only for", "intended solely", "confidential", "privileged", "unauthorized",
    "unauthorised",
    "accepts no liability", "no liability", "any attachments", "this e-mail and any", "this email and any",
    "notify the sender", "computer virus", "a virus in this", "vertrauliche", "unbefugte", "irrtümlich erhalten",
    "rechtlich geschützt",
    "absender zu informieren", "pièces jointes", "confidentiel", "destinataire", "par erreur", "confidencial",
    "destinatario", "por error", "riservat", "per errore", "vertrouwelijk", "geadresseerde", "abusievelijk",
    "confidenciais",
    "destinatário", "por engano",
  ])
}
