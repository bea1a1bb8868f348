/// A line that a mail program or a scanner adds by itself: "Sent from my iPhone", "Virus-free. www.avast.com".
enum ProgramLine {
  private static let bytesMax = 160
  private static let wordsMax = 16

  /// Whether a whole line is one.
  static func isOne(_ line: String) -> Bool {
    guard line.utf8.count <= bytesMax else { return false }
    let text = FoldedText(line).trimming { [0x2D, 0x2A, 0x5F, 0x3E, 0x3C, 0x7C, 0x5B, 0x5D].contains($0) }
    guard text.count >= 6, text.bytes.count(where: { $0 == 0x20 }) < wordsMax else { return false }
    if text.starts(withAnyWordOf: whole) { return true }
    if text.contains(anyOf: scanners) { return true }
    guard text.contains(anyOf: programs) else { return false }
    return text.starts(withAnyWordOf: openers) || text.ends(withAnyOf: closers)
  }

  /// Beginnings that nothing else has.
  private static let whole = FoldedText.phrases([
    "sent from my", "sent from a mobile", "sent from mobile", "sent on the go", "get outlook for", "sent from outlook",
    "sent from mail for windows", "sent from yahoo mail", "sent from samsung", "sent from aol", "sent via my",
    "sent with proton", "sent with sparrow", "sent with spark", "sent using my", "von meinem iphone gesendet",
    "von meinem ipad gesendet", "gesendet von meinem", "von meinem mobiltelefon gesendet",
    "von meinem smartphone gesendet",
    "envoyé de mon", "envoyé depuis mon", "envoyé à partir de mon", "enviado desde mi", "enviado do meu",
    "enviado de mi",
    "inviato da iphone", "inviato da ipad", "inviato dal mio", "inviato da mio", "verzonden vanaf mijn",
    "verstuurd vanaf mijn", "verzonden met mijn", "skickat från min", "sendt fra min", "lähetetty iphonesta",
    "wysłane z mojego", "wysłano z mojego", "odesláno z mého", "odoslané z môjho", "отправлено с iphone",
    "отправлено с моего", "iphone'umdan gönderildi", "yahoo mail: search, organize, conquer", "please excuse typos",
    "please excuse any typos", "please excuse my brevity", "please excuse brevity", "please pardon any typos",
    "please forgive typos", "bitte entschuldigen sie die kürze", "obtenez outlook", "obtener outlook",
    "ottieni outlook",
    "holen sie sich outlook", "laden sie outlook", "outlook für ios beziehen", "outlook für android beziehen",
    "outlook downloaden", "download outlook", "télécharger outlook", "obter o outlook", "baixar o outlook",
    "hämta outlook", "provenance : courrier", "provenance: courrier",
  ])

  private static let openers = FoldedText.phrases([
    "sent from", "sent via", "sent with", "sent using", "sent by", "sent through", "gesendet von", "gesendet mit",
    "gesendet über", "gesendet aus", "gesendet per", "von", "diese nachricht wurde", "diese mail wurde",
    "diese e-mail wurde",
    "envoyé de", "envoyé depuis", "envoyé avec", "envoyé par", "envoyé via", "envoyé à partir", "enviado desde",
    "enviado con", "enviado por", "enviado a partir", "enviado através", "enviado via", "enviado do", "enviado de",
    "enviada do", "inviato da", "inviato con", "inviato dal", "inviata da", "inviato tramite", "verzonden vanaf",
    "verzonden vanuit", "verstuurd vanuit",
    "verzonden met", "verzonden via", "verstuurd vanaf", "verstuurd met", "skickat från", "skickat med", "sendt fra",
    "sendt med", "lähetetty", "wysłane z", "wysłano z", "wysłane przez", "отправлено", "надіслано", "odesláno",
    "küldve",
    "trimis de pe", "şuradan gönderildi", "written on", "typed on", "diktiert",
  ])

  private static let closers = FoldedText.phrases([
    "gesendet", "gesendet.", "gesendet!", "gönderildi", "lähetetty", "から送信",
  ])

  /// Devices and programs.
  private static let programs = FoldedText.phrases([
    "iphone", "ipad", "ipod", "android", "galaxy", "samsung", "blackberry", "huawei", "xiaomi", "redmi", "pixel",
    "nokia",
    "htc", "sony", "motorola", "oneplus", "mobile", "mobil", "móvil", "handy", "smartphone", "phone", "tablet",
    "tablette", "telefon", "téléphone", "teléfono", "telefono", "cellulare", "celular", "portable", "windows", "mail",
    "outlook", "gmx", "web.de", "t-online", "thunderbird", "spark", "zoho", "orange", "bouygues", "sfr", "laposte",
    "proton",
    "tutanota", "tuta", "fastmail", "superhuman", "hushmail", "sparrow", "device", "appareil", "dispositivo", "gerät",
    "computer", "macbook", "imac", "correo", "posta", "courrier", "correio", "watch",
  ])

  private static let scanners = FoldedText.phrases([
    "virus-free", "virenfrei.", "garanti sans virus", "libre de virus", "privo di virus", "virusvrij", "sem vírus.",
    "checked for viruses", "auf viren geprüft", "avast.com", "avg.com", "scanned by", "this email is free from viruses",
    "l'absence de virus", "ha sido analizado en busca de virus", "e-mail auf viren",
  ])
}
