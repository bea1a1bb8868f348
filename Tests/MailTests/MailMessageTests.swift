import Testing

@testable import Mail

@Suite struct MailMessageTests {
  @Test func `headers are decoded and the sender is found`() throws {
    let raw = """
      Received: from a.example by b.example; Fri, 1 Mar 2024 07:00:00 +0000
      From: =?iso-8859-1?Q?Andr=E9_M=FCller?= <andre@example.org>
      Reply-To: noreply@example.org
      To: "Shop, the" <care@shop.example>
      Subject: =?utf-8?B?UsOpY2xhbWF0aW9u?=
       =?utf-8?Q?_commande_n=C2=B0_5?=
      Date: Fri, 1 Mar 2024 08:00:00 +0100
      Message-ID:
       <abc.1@mail.example>
      In-Reply-To: <q.7@shop.example> (your message)

      Hello.
      """
    let message = try MailMessage(parsing: Array(raw.utf8))
    #expect(message.from == MailAddress(name: "André Müller", address: "andre@example.org"))
    #expect(message.to?.address == "care@shop.example")
    #expect(message.subject == "Réclamation commande n° 5")
    #expect(message.messageID == "<abc.1@mail.example>")
    #expect(message.inReplyTo == "<q.7@shop.example>")
    #expect(message.date == 1_709_276_400)
    #expect(message.text == "Hello.")
    #expect(!message.isAutomatic)
  }

  @Test(arguments: [
    ("anna@example.org", "anna@example.org"),
    ("anna@example.org (Anna Larsson)", "anna@example.org"),
    ("\"Larsson, Anna\" <anna@example.org>", "anna@example.org"),
    ("Larsson, Anna <anna@example.org>", "anna@example.org"),
    ("Friends: anna@example.org, bo@example.org;", "anna@example.org"),
    ("anna@example.org, bo@example.org", "anna@example.org"),
    ("=?utf-8?Q?Anna_=3Canna=40fake.example=3E?= <anna@example.org>", "anna@example.org"),
    ("<Anna.O'Neil+shop@Example.ORG>", "Anna.O'Neil+shop@Example.ORG"),
    ("Anna Larsson\t<anna@example.org>", "anna@example.org"),
    ("Anna Larsson anna@example.org", "anna@example.org"),
    ("Anna Larsson [mailto:anna@example.org]", "anna@example.org"),
    ("=?utf-8?Q?Anna_=3Canna=40example.org=3E?=", "anna@example.org"),
  ]) func `the address of a From header`(header: String, address: String) throws {
    #expect(try message("Hello.", from: header).from?.address == address)
  }

  @Test func `a plain text that stands in for HTML is not the message`() throws {
    let body =
      "--b\nContent-Type: text/plain\n\nYour e-mail client does not support HTML.\n"
      + "--b\nContent-Type: text/html\n\n<p>The cup is broken.</p>\n--b--\n"
    #expect(try message(body, type: "multipart/alternative; boundary=b").text == "The cup is broken.")
  }

  @Test func `without a Date the server's time counts`() throws {
    let raw = "Received: from a.example by b.example;\n Fri, 1 Mar 2024 07:00:00 +0000\nSubject: x\n\nHello.\n"
    #expect(try MailMessage(parsing: Array(raw.utf8)).date == 1_709_276_400)
    #expect(try MailMessage(parsing: Array("Subject: x\n\nHello.\n".utf8)).date == nil)
  }

  @Test func `without a From the Sender counts`() throws {
    let raw = "Sender: anna@example.org\nSubject: x\n\nHello.\n"
    #expect(try MailMessage(parsing: Array(raw.utf8)).from?.address == "anna@example.org")
    #expect(try MailMessage(parsing: Array("Subject: x\n\nHello.\n".utf8)).from == nil)
  }

  @Test(arguments: [
    ("iso-8859-1", [UInt8]([0xE9, 0x74, 0xE9]), "été"),
    ("windows-1252", [0x93, 0x80, 0x35, 0x94], "“€5”"),
    ("iso-8859-1", [0x93, 0x80, 0x35, 0x94], "“€5”"),
    ("iso-8859-15", [0xA4, 0x35], "€5"),
    ("iso-8859-1", [0xC3, 0xA9, 0x74, 0xC3, 0xA9], "été"),
    ("windows-1255", [0xF9, 0xEC, 0xE5, 0xED, 0x20, 0xE4], "שלום ה"),
    ("iso-8859-2", [0xB1, 0xE6], "ąć"),
    ("koi8-r", [0xD0, 0xD2, 0xC9, 0xD7, 0xC5, 0xD4], "привет"),
    ("windows-1251", [0xEF, 0xF0, 0xE8, 0xE2, 0xE5, 0xF2], "привет"),
    ("shift_jis", [0x82, 0xA0], "あ"),
    ("iso-2022-jp", [0x1B, 0x24, 0x42, 0x24, 0x22, 0x1B, 0x28, 0x42], "あ"),
    ("gb2312", [0xC4, 0xE3], "你"),
    ("utf-7", Array("Hi +AOk-".utf8), "Hi é"),
    ("utf-8", [0xC3, 0xA9], "é"),
    ("utf-8", [0xE9, 0x74, 0xE9], "été"),
    ("us-ascii", [0xC3, 0xA9], "é"),
    ("us-ascii", [0xE9], "é"),
    ("x-nobody-knows", [0xC3, 0xA9], "é"),
  ]) func `a charset, and what programs send under its name`(charset: String, bytes: [UInt8], text: String) throws {
    let head =
      "From: a@example.org\nContent-Type: text/plain; charset=\"\(charset)\"\nContent-Transfer-Encoding: 8bit\n\n"
    #expect(try MailMessage(parsing: Array(head.utf8) + bytes).text == text)
  }

  @Test func `encoded bodies are decoded, broken ones as far as they go`() throws {
    #expect(try message("Caf=C3=A9 =E2=82=AC5=\n and more", encoding: "quoted-printable").text == "Café €5 and more")
    #expect(try message("Caf=C3=A9 50=% off =ZZ", encoding: "quoted-printable").text == "Café 50=% off =ZZ")
    #expect(try message("SGVsbG8gd29y\nbGQu", encoding: "base64").text == "Hello world.")
    #expect(try message("SGVsbG8!gd29y", encoding: "base64").text.hasPrefix("Hello"))
    #expect(try message("Hello.", encoding: "x-unheard-of").text == "Hello.")
  }

  @Test func `the plain one of alternatives is the body, unless it is blank`() throws {
    func alternative(_ plain: String) throws -> String {
      try message(
        """
        --b
        Content-Type: text/plain

        \(plain)
        --b
        Content-Type: text/html

        <p>In HTML.</p>
        --b--
        """, type: "multipart/alternative; boundary=b"
      ).text
    }
    #expect(try alternative("Plain.") == "Plain.")
    #expect(try alternative("  \n ") == "In HTML.")
  }

  @Test func `attachments, pictures and messages inside are not the body`() throws {
    let body = """
      This is a multi-part message in MIME format.
      --outer
      Content-Type: multipart/related; boundary=related

      --related
      Content-Type: multipart/alternative; boundary="in ner"

      --in ner
      Content-Type: text/plain

      My words.
      --in ner
      Content-Type: text/html

      <b>My words.</b>
      --in ner--
      --related
      Content-Type: image/png; name=a.png
      Content-Disposition: inline

      AAAA
      --related--
      --outer
      Content-Type: text/plain; name="notes.txt"

      A file that is not said to be one.
      --outer
      Content-Type: text/plain
      Content-Disposition: attachment; filename*0*=utf-8''n%C3%B6; filename*1=tes.txt

      A file.
      --outer
      Content-Type: message/rfc822

      From: other@example.org
      Subject: Inside

      Another's words.
      --outer
      Content-Type: text/calendar

      BEGIN:VCALENDAR
      --outer
      Content-Type: text/plain

      And a second part.
      --outer--
      """
    #expect(try message(body, type: "multipart/mixed; boundary=outer").text == "My words.\n\nAnd a second part.")
  }

  @Test func `a signed message is read, an encrypted one has no words`() throws {
    let parts =
      "--b\nContent-Type: text/plain\n\nSigned words.\n--b\nContent-Type: application/pgp-signature\n\nxx\n--b--"
    #expect(try message(parts, type: "multipart/signed; boundary=b").text == "Signed words.")
    #expect(try message(parts, type: "multipart/encrypted; boundary=b").text == "")
  }

  @Test func `a multipart that never ends, or has no boundary, is read as far as it goes`() throws {
    #expect(
      try message("--b\nContent-Type: text/plain\n\nWords.", type: "multipart/mixed; boundary=b").text == "Words.")
    #expect(try message("Words.", type: "multipart/mixed").text.isEmpty)
    #expect(try message("Words.", type: "text/plain; charset").text == "Words.")
    #expect(try message("Words.", type: "nonsense").text == "Words.")
  }

  @Test func `bytes without a header are refused`() {
    for bytes in ["", "\n\n", "just some words\nand more", "{\"a\": 1}", "\0\0\0"] {
      #expect(throws: MailError.notAMessage) { try MailMessage(parsing: Array(bytes.utf8)) }
    }
  }

  @Test func `limits are told`() throws {
    let line = String(repeating: "word ", count: 20) + "\n"
    let fits = String(repeating: line, count: (MailLimits.textBytesMax - 10_000) / line.utf8.count)
    #expect(try message(fits).text.utf8.count > MailLimits.textBytesMax / 2)
    #expect(throws: MailError.textTooLong) { try message(fits + fits) }
    #expect(throws: MailError.messageTooLong) {
      try MailMessage(parsing: [UInt8](repeating: 0x61, count: MailLimits.messageBytesMax + 1))
    }
    func nested(_ depth: Int) -> String {
      var text = ""
      for level in 0..<depth { text += "--b\(level)\nContent-Type: multipart/mixed; boundary=b\(level + 1)\n\n" }
      return text + "--b\(depth)\nContent-Type: text/plain\n\nDeep words.\n"
    }
    #expect(try message(nested(40), type: "multipart/mixed; boundary=b0").text == "Deep words.")
    #expect(throws: MailError.tooManyParts) { try message(nested(60), type: "multipart/mixed; boundary=b0") }
    #expect(throws: MailError.tooManyParts) { try message(nested(20_000), type: "multipart/mixed; boundary=b0") }
    let many = String(repeating: "--b\n\nx\n", count: MailLimits.partsMax)
    #expect(throws: MailError.tooManyParts) { try message(many, type: "multipart/mixed; boundary=b") }
  }

  @Test func `notes that a program writes are known`() throws {
    #expect(try message("I am away.", headers: "Auto-Submitted: auto-replied").isAutomatic)
    #expect(try !message("I am here.", headers: "Auto-Submitted: no").isAutomatic)
  }

  @Test func `hard-wrapped paragraphs become lines again, lists and verses stay`() throws {
    let wrapped = """
      The coffee arrived on Monday and I have to say that it is the best that
      I have had in years. The bag was sealed and the beans were fresh, which
      is more than I can say of the shop in town.

      Milk
      Sugar
      """
    #expect(
      try said(wrapped) == """
        The coffee arrived on Monday and I have to say that it is the best that I have had in years. The bag was sealed and the \
        beans were fresh, which is more than I can say of the shop in town.

        Milk
        Sugar
        """)
  }

  @Test func `flowed text is joined, with and without DelSp`() throws {
    let flowed = "First half \nsecond half.\n From here on.\n> quoted \n> words.\n-- \nAnna\n"
    #expect(try said(flowed, type: "text/plain; format=flowed") == "First half second half.\nFrom here on.")
    #expect(try said("A wo \nrd.\n", type: "text/plain; format=flowed; delsp=yes") == "A word.")
  }
}
