/// The header of an earlier message as Outlook and others write it over its text: "From: …", "Sent: …", "To: …", "Subject: …",
/// in the languages of the mail programs, in any order, bold or not.
enum HeaderBlock {
  /// What a line of a block names.
  private enum Field: Hashable { case from, sent, to, copy, subject, other }

  private static let linesMax = 16
  private static let labelBytesMax = 40
  /// Lines that go on a value before them (a long list of recipients).
  private static let continuationMax = 3

  /// A cheap test of the first line.
  static func mayBegin(_ line: String) -> Bool {
    line.utf8.prefix(labelBytesMax * 2).contains { $0 == 0x3A || $0 == 0xEF }
  }

  /// Whether a block begins at a line.
  static func begins(at start: Int, in lines: [TextLine]) -> Bool {
    guard lines[start].depth == 0, let first = field(of: lines[start].text), first.field != .other else { return false }
    var fields: Set<Field> = []
    var hasAddress = false
    var fromHasAddress = false
    var continued = 0
    var blanks = 0
    for index in start..<min(lines.count, start + linesMax) {
      let line = lines[index]
      guard line.depth == 0 else { break }
      if line.isBlank {
        // Paragraphs of HTML stand apart; two blank lines do not belong to a header.
        blanks += 1
        if blanks > 1 { break }
        continue
      }
      if let (field, value) = field(of: line.text) {
        fields.insert(field)
        let isAddress = value.contains(0x40)
        hasAddress = hasAddress || isAddress
        if field == .from { fromHasAddress = fromHasAddress || isAddress }
        continued = 0
      } else {
        continued += 1
        if blanks > 0 || continued > continuationMax || fields.isEmpty { break }
        if line.text.utf8.contains(0x40) { hasAddress = true }
      }
      blanks = 0
    }
    guard fields.contains(.from) else { return false }
    if fields.contains(.subject), fields.contains(.sent) || fields.contains(.to) { return true }
    if fromHasAddress, fields.contains(.sent) || fields.contains(.to) { return true }
    return hasAddress && fields.count >= 3
  }

  private static func field(of line: String) -> (field: Field, value: ArraySlice<UInt8>)? {
    // Bold in a plain text is "*From:* …".
    let text = FoldedText(line.utf8.count <= 1_000 ? line : String(line.unicodeScalars.prefix(1_000)))
    var rest = text.bytes[...]
    while let first = rest.first, [0x2A, 0x5F, 0x20, 0x7C, 0xC2, 0xB7].contains(first) { rest.removeFirst() }
    guard let colon = rest.prefix(labelBytesMax).firstIndex(of: 0x3A) else { return nil }
    var label = rest[..<colon]
    while let last = label.last, last == 0x20 || last == 0x2A || last == 0x5F { label.removeLast() }
    guard let field = labels[String(decoding: label, as: UTF8.self)] else { return nil }
    return (field, rest[(colon + 1)...])
  }

  private static let labels: [String: Field] = {
    let names: [(Field, [String])] = [
      (
        .from,
        [
          "from", "von", "de", "da", "van", "fra", "från", "od", "od koho", "från", "lähettäjä", "absender",
          "expéditeur",
          "mittente", "remitente", "remetente", "afzender", "nadawca", "avsender", "avsändare", "afsender",
          "отправитель",
          "от", "от кого", "від", "odesílatel", "odesilatel", "feladó", "kimden", "gönderen", "de la", "από", "发件人",
          "發件人", "寄件者", "差出人", "送信者", "보낸 사람", "보낸사람", "šalje", "pošiljatelj", "від", "від кого", "saatja", "nuo",
        ]
      ),
      (
        .sent,
        [
          "sent", "sent on", "sent at", "date", "date sent", "gesendet", "gesendet am", "datum", "envoyé", "envoyé le",
          "date d'envoi", "enviado", "enviado el", "enviado em", "enviada", "enviada em", "fecha", "fecha de envío",
          "data",
          "inviato", "inviata", "data invio", "verzonden", "verzonden op", "verstuurd", "skickat", "sendt", "dato",
          "lähetetty", "päivämäärä", "päiväys", "wysłano", "wysłane", "отправлено", "дата", "дата отправки",
          "надіслано",
          "odesláno", "odoslané", "dátum", "elküldve", "gönderildi", "gönderilme tarihi", "tarih", "trimis", "στάλθηκε",
          "发送时间", "日期", "寄件日期", "送信日時", "日時", "보낸 날짜", "날짜", "poslano", "poslato",
        ]
      ),
      (
        .to,
        [
          "to", "an", "à", "a", "para", "aan", "til", "till", "vastaanottaja", "do", "destinataire", "destinataires",
          "destinatario", "destinatário", "empfänger", "ontvanger", "pour", "per", "кому", "komu", "címzett", "kime",
          "către", "προς", "收件人", "收件者", "宛先", "받는 사람", "받는사람", "pro", "prima", "primatelj", "za",
        ]
      ),
      (
        .copy,
        ["cc", "bcc", "kopie", "copie", "copia", "kopia", "kopi", "kopio", "копия", "копія", "抄送", "副本", "참조", "dw"]
      ),
      (
        .subject,
        [
          "subject", "betreff", "betr", "objet", "sujet", "asunto", "oggetto", "onderwerp", "assunto", "ämne", "emne",
          "aihe", "temat", "тема", "předmět", "predmet", "tárgy", "konu", "subiect", "θέμα", "主题", "主旨", "件名", "제목",
        ]
      ),
      (
        .other,
        [
          "reply-to", "reply to", "antwort an", "répondre à", "importance", "priority", "wichtigkeit", "priorität",
          "attachments", "anlagen", "anhänge", "pièces jointes", "adjuntos", "allegati", "bijlagen", "anexos",
          "priorité",
          "importancia", "priorità", "prioriteit", "x-mailer", "message-id", "organization", "organisation",
          "mailed-by",
        ]
      ),
    ]
    var table: [String: Field] = [:]
    for (field, texts) in names {
      for text in texts { table[String(decoding: FoldedText(text).bytes, as: UTF8.self)] = field }
    }
    return table
  }()
}
