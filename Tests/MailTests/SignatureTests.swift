import Testing

@testable import Mail

@Suite struct SignatureTests {
  @Test(arguments: [
    "Sent from my iPhone", "Sent from my iPad.", "Sent from my Samsung Galaxy smartphone.",
    "Sent from Outlook for Android",
    "Get Outlook for iOS<https://aka.ms/o0ukef>", "Get Outlook for Android", "Sent from Yahoo Mail on Android",
    "Sent from Mail for Windows 10", "Sent from Mail for Windows", "Sent with Proton Mail secure email.",
    "Sent via BlackBerry by AT&T", "Von meinem iPhone gesendet", "Von meinem Samsung Galaxy Smartphone gesendet.",
    "Gesendet von meinem iPad", "Gesendet mit der WEB.DE Mail App", "Gesendet von Mail für Windows",
    "Diese Nachricht wurde von meinem Android-Mobiltelefon mit GMX Mail gesendet.",
    "Holen Sie sich Outlook für Android",
    "Envoyé de mon iPhone", "Envoyé depuis mon mobile Orange", "Envoyé à partir d’Outlook pour Android",
    "Provenance : Courrier pour Windows", "Télécharger Outlook pour iOS", "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Enviado desde Correo para Windows", "Obtener Outlook para Android", "Inviato da iPhone",
    "Inviato dal mio telefono Huawei",
    "Inviato da Posta per Windows", "Verstuurd vanaf mijn iPhone", "Verzonden vanaf mijn Galaxy",
    "Verzonden vanuit Outlook voor Android", "Skickat från min iPhone", "Sendt fra min iPhone", "Lähetetty iPhonesta",
    "Wysłane z iPhone'a", "Отправлено с iPhone", "Odesláno z iPhonu", "Odoslané z iPhonu", "Poslano s mog iPhonea",
    "Az iPhone-omról küldve", "Στάλθηκε από το iPhone μου", "从我的 iPhone 发送", "iPhoneから送信",
    "Scarica Outlook per Android",
    "Outlook voor Android downloaden", "Pobierz aplikację Outlook dla systemu Android", "Hent Outlook til Android",
    "Android için Outlook'u edinin", "Von unterwegs gesendet", "Obtén Outlook para Android",
    "Virus-free. www.avast.com",
  ]) func `a line that a program adds`(line: String) throws {
    #expect(try said("It came today.\n\n\(line)\n") == "It came today.")
    #expect(
      try said("It came today.\n\n\(line)\n\nOn 5 Mar 2024, at 09:14, Shop wrote:\n> Sorry.\n") == "It came today.")
  }

  @Test(arguments: [
    "-- \nAnna Larsson\nAccount manager, Great Wonderful Gifts Ltd.\nTel. +1 555 0100",
    "--\nAnna Larsson\nGreat Wonderful Gifts Ltd.", "-- \n", "Best regards,\nAnna Larsson", "Kind regards\n\nAnna",
    "Mit freundlichen Grüßen\nAnna Larsson\nMusterstraße 1\n12345 Musterstadt", "Cordialement,\nAnna LARSSON",
    "Saludos,\nAnna", "Cordiali saluti\nA. Larsson", "Met vriendelijke groet,\n\nAnna Larsson\nTel. 020 1234567",
    "Atenciosamente,\nAnna Larsson", "Anna Larsson", "LG Anna", "Groetjes, Anna", "Liebe Grüße aus Köln\nAnna",
    "Pozdrawiam serdecznie,\nAnna Larsson\ntel. 601 234 567", "Med vänlig hälsning\nAnna Larsson", "Thanks,\nAnna",
    "Anna Larsson\nDirector of Operations\nGreat Wonderful Gifts Ltd.\n(555) 123-4567\nanna@gifts.example",
    "*Anna Larsson*\n_Head of Purchasing_\nM: +44 7700 900123", "Best wishes,\nBo from the office\nTel: 555 0100 22",
    "-- \nAnna\n\n-- \nList mailing list\nlist@example.org",
  ]) func `a signature`(signature: String) throws {
    #expect(
      try said("It came today. Anna, my sister, likes it.\n\n\(signature)\n")
        == "It came today. Anna, my sister, likes it.")
  }

  @Test(arguments: [
    "______________________________\nWARNING: the sender accepts no liability for any damage or harm caused by a virus.",
    "----------------------------------------\nThis e-mail and any attachments are confidential and intended solely for you.",
    "CONFIDENTIALITY NOTICE: what is in this message is privileged.\nDelete it.",
    "This email and any files with it are confidential. If you have received this email in error please notify the sender.",
    "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, löschen Sie sie.",
    "Ce message et ses pièces jointes sont confidentiels. Si vous n'êtes pas le destinataire, détruisez-le.",
    "_______________________________________________\nList mailing list\nlist@example.org",
    "-- \nAnna\n\n_____________________\nThis message is confidential. Please notify the sender.",
    "Please consider the environment before printing this e-mail.",
    "Niniejsza wiadomość jest poufna i przeznaczona wyłącznie dla adresata.",
    "Tato zpráva je důvěrná. Pokud jste ji obdrželi omylem, informujte odesílatele.",
    "Detta meddelande är konfidentiellt. Om du har fått det av misstag, meddela avsändaren.",
    "Registered office: 1 High Street, London. Registered in England No. 1234567.",
  ]) func `a disclaimer`(disclaimer: String) throws {
    #expect(try said("It came today.\n\n\(disclaimer)\n") == "It came today.")
  }

  @Test(arguments: [
    "Thanks Anna, that was quick. Sent from my side are two boxes back to you yesterday, so the refund is due.",
    "I bought it -- twice.", "Sent from Germany to Sweden, it took nine days to arrive and nobody told me why.",
    "My password is confidential, so I will not write it here.", "Regards to the team that packed it so well!",
    "One --- two --- three.", "*****\nFive stars from me.",
    "Is Outlook for Android what I need?", "The iPhone case was sent to my old address.", "Thanks,\nit works now.",
  ]) func `words that only look like a signature stay`(text: String) throws {
    #expect(try said(text).split { $0 == "\n" || $0 == " " } == text.split { $0 == "\n" || $0 == " " })
  }
}
