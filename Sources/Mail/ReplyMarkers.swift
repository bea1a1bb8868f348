/// Lines that say that an earlier message follows: "-----Original Message-----", "Begin forwarded message:".
enum ReplyMarkers {
  /// Whether a line is such a mark.
  static func isMark(_ line: String) -> Bool {
    guard line.utf8.count <= 400, let first = line.utf8.first(where: { $0 != 0x20 && $0 != 0x09 }),
      [0x2D, 0x5F, 0x3D, 0x2A].contains(first) || Attribution.mayEnd(line)
    else { return false }
    let text = FoldedText(line)
    let bare = text.trimming {
      [0x2D, 0x2A, 0x5F, 0x3D, 0x3A, 0x2E, 0x23, 0x3C, 0x3E, 0xE2, 0x80, 0x93, 0x94].contains($0)
    }
    guard !bare.isEmpty else { return false }
    if bare.count > 60 {
      return text.bytes.starts(with: [0x2D, 0x2D]) && text.ends(withAnyOf: dashes) && Attribution.isBetweenDashes(bare)
    }
    // Dashes on both sides, or on the left at least.
    if text.bytes.starts(with: [0x2D, 0x2D]) || text.bytes.starts(with: [0x5F, 0x5F])
      || text.bytes.starts(with: [0x3D, 0x3D]) || text.bytes.starts(with: [0x2A, 0x2A])
    {
      return bare.contains(anyOf: dashed) || (text.ends(withAnyOf: dashes) && bare.contains(anyOf: weakDashed))
    }
    return text.last == 0x3A && alone.contains { $0.bytes == bare.bytes }
  }

  private static let dashes = FoldedText.phrases(["--", "__", "==", "**"])

  private static let dashed = FoldedText.phrases([
    "original message", "original appointment", "original e-mail", "original email", "forwarded message",
    "forwarded by", "reply message", "previous message", "ursprüngliche nachricht", "ursprüngliche mail",
    "original-nachricht", "originalnachricht", "original nachricht", "weitergeleitete nachricht",
    "message d'origine", "message original", "message d’origine", "message initial", "message transféré",
    "message réexpédié", "message transmis", "mensaje original", "mensaje reenviado", "messaggio originale",
    "messaggio inoltrato",
    "messaggio originario", "oorspronkelijk bericht", "oorspronkelijke bericht", "origineel bericht",
    "doorgestuurd bericht",
    "forwarded message", "mensagem original", "mensagem encaminhada", "mensagem reencaminhada",
    "ursprungligt meddelande",
    "originalmeddelande", "vidarebefordrat meddelande", "oprindelig meddelelse", "original meddelelse",
    "videresendt meddelelse", "opprinnelig melding", "videresendt melding", "alkuperäinen viesti", "välitetty viesti",
    "wiadomość oryginalna", "oryginalna wiadomość", "wiadomość przekazana", "treść przekazanej wiadomości",
    "původní zpráva", "původní e-mail", "původní email", "wiadomość przekazana dalej", "přeposlaná zpráva",
    "pôvodná správa", "eredeti üzenet", "továbbított üzenet", "mesaj original",
    "orijinal mesaj", "özgün ileti", "iletilen mesaj", "исходное сообщение", "пересылаемое сообщение",
    "оригинальное сообщение", "переадресованное сообщение", "вихідне повідомлення", "αρχικό μήνυμα", "原始邮件", "转发邮件",
    "邮件原件", "original 메시지", "原始郵件", "元のメッセージ", "missatge original", "izvorna poruka",
  ])

  /// Words that mean it only between dashes.
  private static let weakDashed = FoldedText.phrases([
    "message", "nachricht", "bericht", "mensaje", "messaggio", "mensagem", "reply above", "original",
  ])

  private static let alone = FoldedText.phrases([
    "begin forwarded message", "forwarded message", "original message", "anfang der weitergeleiteten nachricht",
    "anfang der weitergeleiteten e-mail", "début du message transféré", "début du message réexpédié",
    "inicio del mensaje reenviado", "inizio messaggio inoltrato", "begin doorgestuurd bericht",
    "início da mensagem reencaminhada", "início da mensagem encaminhada", "inizio del messaggio inoltrato",
    "vidarebefordrat brev", "start på videresendt besked", "videresendt melding",
  ])
}
