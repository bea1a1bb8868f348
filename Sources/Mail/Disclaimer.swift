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
    if folded.contains(anyOf: sentences) { return true }
    // A parcel, too, is delivered "par erreur" to another "destinataire".
    return folded.contains(anyOf: messages) && terms.count { folded.contains($0) } >= 2
  }

  private static let titles = FoldedText.phrases([
    "confidentiality notice", "confidentiality note", "disclaimer", "legal disclaimer", "legal notice",
    "privileged and confidential",
    "aviso legal", "aviso de confidencialidad", "avviso di riservatezza", "haftungsausschluss",
    "vertraulichkeitshinweis",
    "avertissement", "aviso de confidencialidade", "warning: the sender", "warning: this e-mail", "warning: this email",
    "klauzula poufności", "zastrzeżenie", "upozornění", "ansvarsfriskrivning", "vertraulichkeitserklärung",
    "clause de confidentialité", "cláusula de confidencialidad", "avis de confidentialité", "informativa privacy",
    "note: this e-mail", "note: this email", "notice: this e-mail", "notice: this email", "important notice",
    "please consider the environment", "registered office", "bitte denken sie an die umwelt",
    "pensez à l'environnement",
  ])

  /// Sentences that say it alone.
  private static let sentences = FoldedText.phrases([
    "accepts no liability for any damage", "if you are not the intended recipient",
    "if you have received this e-mail in error",
    "if you have received this email in error", "if you have received this message in error",
    "intended solely for the use of the individual", "think before you print", "before printing this e-mail",
    "before printing this email", "wenn sie nicht der richtige adressat", "nicht der beabsichtigte empfänger",
    "si vous n'êtes pas le destinataire", "si usted no es el destinatario", "se non siete il destinatario",
    "indien u niet de geadresseerde", "registered in england", "are confidential to the", "is confidential to the",
    "intended only for the person", "intended only for the addressee", "intended only for the use of",
    "solely for the use of the addressee", "do not necessarily represent those of",
    "do not necessarily reflect the views", "if you are not the addressee",
    "sollten sie nicht der vorgesehene empfänger",
    "jeżeli nie są państwo adresatem", "jeśli nie jest pan", "pokud nejste adresátem", "ak nie ste adresátom",
    "om du inte är den avsedda", "hvis du ikke er den rette", "hvis du ikke er rette", "jos et ole viestin",
    "если вы не являетесь", "amtsgericht", "n'imprimez ce", "avant d'imprimer", "antes de imprimir",
    "prima di stampare",
    "vor dem ausdrucken", "drucken sie diese", "se você não é o destinatário", "se não for o destinatário",
  ])

  /// What a disclaimer is about.
  private static let messages = FoldedText.phrases([
    "message", "mail", "information", "nachricht", "courriel", "mensaje", "correo", "messaggio", "bericht", "wiadomość",
    "zpráv", "správ", "mensagem", "meddelande", "meddelelse", "melding", "besked", "viesti", "сообщени", "письм",
    "ileti",
    "mesaj", "üzenet", "μήνυμα", "attachment", "document",
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
    "por engano", "addressee", "in error", "legally privileged", "views expressed", "poufn", "adresat", "omyłkow",
    "nadawc", "důvěrn", "dôvern", "omylem", "odesílatel", "konfidentiel", "adressat", "misstag", "avsändaren",
    "fortrolig", "modtager", "mottaker", "ved en fejl", "ved en feil", "luottamuksel", "vastaanottaja",
    "конфиденциальн",
    "адресат", "по ошибке", "gizli", "yanlışlıkla", "bizalmas", "címzett", "confidențial", "din greșeală",
    "εμπιστευτικ",
    "exclusivamente", "esclusivamente", "uitsluitend", "ausschließlich für", "vernichten sie",
    "à l'intention exclusive",
  ])
}
