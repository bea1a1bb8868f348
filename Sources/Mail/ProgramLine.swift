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
    if isAdvertisement(text) { return true }
    guard text.contains(anyOf: programs) else { return false }
    return text.starts(withAnyWordOf: openers) || text.ends(withAnyOf: closers)
  }

  /// "Outlook voor Android downloaden", "Odesláno z iPhonu", "从我的 iPhone 发送": a few words with a device or program that no
  /// sentence is about, and in any order the word for sending or getting.
  private static func isAdvertisement(_ text: FoldedText) -> Bool {
    guard text.bytes.count(where: { $0 == 0x20 }) < shortWordsMax, text.last != 0x3F, text.last != 0x21 else {
      return false
    }
    if text.containsWord(outlook) || text.contains(outlookSuffixed) {
      return text.contains(anyOf: systems) && !text.starts(withAnyWordOf: persons)
    }
    return text.contains(anyOf: devices) && text.contains(anyOf: sent)
  }

  private static let shortWordsMax = 8
  private static let outlook = FoldedText("outlook")
  private static let outlookSuffixed = FoldedText("outlook'")
  private static let systems = FoldedText.phrases(["ios", "android", "windows", "mac"])
  private static let persons = FoldedText.phrases([
    "i", "we", "my", "ich", "wir", "je", "nous", "yo", "io", "ik", "the",
  ])
  private static let devices = FoldedText.phrases(["iphon", "ipad", "galaxy", "яндекс", "mail.ru", "айфон", "手机"])
  private static let sent = FoldedText.phrases([
    "odesl", "odosl", "küldve", "poslano", "poslato", "отправл", "надісл", "στάλθηκε", "发送", "发自", "發送", "寄件", "送信",
    "보냄", "gönderil", "wysłan", "lähetetty", "trimis", "gửi từ", "dikirim", "ส่งจาก", "išsiųsta", "saadetud", "nosūtīts",
  ])

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
    "sent from canary", "sent from spike", "sent from edison", "sent from newton", "sent from airmail", "sent from hey",
    "sent from my", "sent from bluemail", "sent from superhuman", "sent from front",
    "mit freundlichen grüßen von meinem",
    "von unterwegs gesendet", "von unterwegs", "verzonden via mijn", "verstuurd via mijn", "obtenir outlook",
    "obtén outlook", "scarica outlook", "obtenha o outlook", "hent outlook", "hanki outlook",
    "pobierz aplikację outlook",
    "odesláno z mobilu", "odesláno ze", "wysłano z aplikacji", "wysłano z telefonu", "wysłane z telefonu",
    "odoslané z mobilu", "sendt fra mobil", "skickat från mobilen", "enviado do celular", "enviado desde el móvil",
    "envoyé du mobile", "envoyé de mon mobile", "inviato dal cellulare",
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
