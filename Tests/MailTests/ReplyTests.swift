import Testing

@testable import Mail

@Suite struct ReplyTests {
  /// Attributions as mail programs write them, by language.
  static let attributions = [
    "On Tue, Mar 5, 2024 at 9:14 AM Customer Care <care@shop.example> wrote:",
    "On Tue, Mar 5, 2024 at 9:14\u{202F}AM Customer Care <care@shop.example> wrote:",
    "On Apr 3, 2012, at 4:19 PM, bob wrote:",
    "On 5 Mar 2024, at 09:14, Customer Care <care@shop.example> wrote:",
    "On 05/03/2024 09:14, Customer Care wrote:",
    "On Tuesday, March 5, 2024 at 09:14:23 AM GMT+1, Customer Care <care@shop.example> wrote:",
    "On Tue, Mar 5, 2024 at 9:14 AM Customer Care of the Example Shop\n<care@shop.example> wrote:",
    "On Tue, Mar 5, 2024 at 9:14 AM Customer Care of the Example Shop <\ncare@shop.example> wrote:",
    "On Tuesday, March 5, 2024 9:14 AM, Customer Care\n<care@shop.example>\nwrote:",
    "2024-03-05 9:14 GMT+01:00 Customer Care <care@shop.example>:",
    "Customer Care <care@shop.example> wrote on Tue, 5 Mar 2024 at 09:14:",
    "Am Di., 5. März 2024 um 09:14 Uhr schrieb Kundendienst <care@shop.example>:",
    "Am 05.03.2024 um 09:14 schrieb Kundendienst:",
    "Am 05.03.24 um 09:14 schrieb Kundendienst <care@shop.example>:",
    "Am Dienstag, 5. März 2024 um 09:14:23 MEZ hat Kundendienst <care@shop.example> Folgendes geschrieben:",
    "Kundendienst <care@shop.example> schrieb am Di., 5. März 2024, 09:14:",
    "Am Dienstag, 5. März 2024 um 09:14 Uhr schrieb Kundendienst der\nBeispielhandlung <care@shop.example>:",
    "Le mar. 5 mars 2024 à 09:14, Service Client <care@shop.example> a écrit :",
    "Le mar. 5 mars 2024 à 09:14, Service Client <care@shop.example> a écrit\u{A0}:",
    "Le 05/03/2024 à 09:14, Service Client a écrit :",
    "Le mardi 5 mars 2024 à 09:14:23 UTC+1, Service Client <care@shop.example> a écrit :",
    "Le 5 mars 2024 à 09:14, Service Client\n<care@shop.example> a écrit :",
    "El mar, 5 mar 2024 a las 9:14, Atención al Cliente (<care@shop.example>) escribió:",
    "El 05/03/2024 a las 9:14, Atención al Cliente escribió:",
    "El martes, 5 de marzo de 2024, 09:14:23 CET, Atención al Cliente <care@shop.example> escribió:",
    "Il giorno mar 5 mar 2024 alle ore 09:14 Servizio Clienti <care@shop.example> ha scritto:",
    "Il 05/03/2024 09:14, Servizio Clienti ha scritto:",
    "Il martedì 5 marzo 2024 alle ore 09:14:23 CET, Servizio Clienti <care@shop.example> ha scritto:",
    "Op di 5 mrt 2024 om 09:14 schreef Klantenservice <care@shop.example>:",
    "Op 5 maart 2024 om 09:14 heeft Klantenservice <care@shop.example> het volgende geschreven:",
    "Op dinsdag 5 maart 2024 om 09:14:23 CET schreef Klantenservice <care@shop.example>:",
    "Em ter., 5 de mar. de 2024 às 09:14, Atendimento <care@shop.example> escreveu:",
    "Em 05/03/2024 09:14, Atendimento escreveu:",
    "Em terça-feira, 5 de março de 2024 09:14:23 WET, Atendimento\n<care@shop.example> escreveu:",
    "Den tis 5 mars 2024 kl 09:14 skrev Kundtjänst <care@shop.example>:",
    "Den 5. mar. 2024 kl. 09.14 skrev Kundeservice <care@shop.example>:",
    "tir. 5. mar. 2024 kl. 09:14 skrev Kundeservice <care@shop.example>:",
    "ti 5. maalisk. 2024 klo 9.14 Asiakaspalvelu (care@shop.example) kirjoitti:",
    "wt., 5 mar 2024 o 09:14 Obsługa <care@shop.example> napisał(a):",
    "út 5. 3. 2024 v 9:14 odesílatel Podpora <care@shop.example> napsal:",
    "вт, 5 мар. 2024 г. в 09:14, Поддержка <care@shop.example>:",
    "05.03.2024 09:14, Поддержка пишет:",
    "02.04.2012 14:20 пользователь \"care@shop.example\" <\ncare@shop.example> написал:",
    "2024年3月5日(火) 9:14 サポート <care@shop.example>:",
    "Klantenservice schreef op 2024-03-05 09:14:",
    "Customer Care said the following on 3/5/2024 9:14 AM:",
    "Quoting Customer Care <care@shop.example>:",
    "Zitat von Kundendienst <care@shop.example>:",
    "* Customer Care <care@shop.example> [2024-03-05 09:14]:",
    "Kundendienst <care@shop.example>\nschrieb am Di., 5. März 2024, 09:14:",
    "Service Client <care@shop.example> a\nécrit :",
    "En fecha 5/3/2024 9:14, Atención\nescribió:",
    "In data martedì 5 marzo 2024 alle ore\n09:14, Servizio Clienti ha scritto:",
    "W dniu 5.03.2024 o 09:14, Obsługa pisze:",
    "Wiadomość napisana przez Obsługa <care@shop.example> w dniu 5 mar 2024, o godz. 09:14:",
    "Dne 05. 03. 24 v 9:14 Podpora napsal(a):",
    "Atendimento <care@shop.example> escreveu no dia terça, 5/03/2024 à(s) 09:14:",
    "Asiakaspalvelu kirjoitti 5.3.2024 klo 9.14:",
    "Destek <care@shop.example>, 5 Mar\n2024 Sal, 09:14 tarihinde şunu yazdı:",
    "2024年3月5日(火) 9:14、サポート <care@shop.example>のメール:",
    "于2024年3月5日周二 09:14写道：",
    "2024. 03. 05. 9:14 keltezéssel, Ügyfélszolgálat írta:",
    "Στις Τρί 5 Μαρ 2024 στις 9:14 π.μ., ο/η\nΥποστήριξη <care@shop.example>\nέγραψε:",
  ]

  @Test(arguments: attributions) func `a reply over a quotation`(attribution: String) throws {
    let quoted = "> We are terribly sorry for the awful delay.\n> \n> Yours, the shop\n"
    #expect(try said("Thank you, it came today.\n\n\(attribution)\n\n\(quoted)") == "Thank you, it came today.")
    #expect(try said("Thank you, it came today.\n\(attribution)\n\(quoted)") == "Thank you, it came today.")
  }

  @Test(arguments: attributions) func `a reply below a quotation`(attribution: String) throws {
    #expect(try said("\(attribution)\n> Did it come?\n\nYes, today.\n") == "Yes, today.")
  }

  @Test(arguments: attributions) func `a reply over a text that is quoted without marks`(attribution: String) throws {
    let text = "Thank you, it came today.\n\n\(attribution)\n\nWe are terribly sorry for the awful delay.\n\nThe shop\n"
    #expect(try said(text) == "Thank you, it came today.")
  }

  @Test(arguments: [
    "-----Original Message-----", "----- Original Message -----", "-------- Original message --------",
    "-----Ursprüngliche Nachricht-----", "-------- Weitergeleitete Nachricht --------", "-----Message d'origine-----",
    "-------- Message transféré --------", "-----Mensaje original-----", "---------- Mensaje reenviado ---------",
    "-----Messaggio originale-----", "---------- Messaggio inoltrato ----------", "-----Oorspronkelijk bericht-----",
    "---------- Doorgestuurd bericht ---------", "-----Mensagem original-----",
    "---------- Forwarded message ---------",
    "---------- Mensagem encaminhada ---------", "Begin forwarded message:", "Anfang der weitergeleiteten Nachricht:",
    "Début du message transféré :", "_____ Original Message _____", "---------- Původní e-mail ----------",
    "---- On Tue, 05 Mar 2024 09:14:00 +0000 Customer Care <care@shop.example> wrote ----",
  ]) func `a mark before an earlier message`(mark: String) throws {
    #expect(try said("See below.\n\n\(mark)\nWe are terribly sorry.\n\n> deeper\nThe shop\n") == "See below.")
  }

  @Test(arguments: [
    "From: Customer Care <care@shop.example>\nSent: Tuesday, March 5, 2024 9:14 AM\nTo: Anna Larsson\nSubject: Your order",
    "From: Customer Care <care@shop.example>\nDate: Tuesday, 5 March 2024 at 09:14\nTo: Anna Larsson <a@example.org>\nSubject: Re",
    "*From:* Customer Care <care@shop.example>\n*Sent:* Tuesday, March 5, 2024 9:14 AM\n*To:* Anna\n*Subject:* Your order",
    "Von: Kundendienst <care@shop.example>\nGesendet: Dienstag, 5. März 2024 09:14\nAn: Anna Larsson\nBetreff: Ihre Bestellung",
    "Von: Kundendienst [mailto:care@shop.example]\nGesendet: Dienstag, 5. März 2024 09:14\nAn: Anna\nCc: Bo\nBetreff: Ihre",
    "Gesendet: Dienstag, 05. März 2024 um 09:14 Uhr\nVon: \"Kundendienst\" <care@shop.example>\nAn: a@example.org\nBetreff: Ihre",
    "De : Service Client <care@shop.example>\nEnvoyé : mardi 5 mars 2024 09:14\nÀ : Anna Larsson\nObjet : Votre commande",
    "De: Atención al Cliente <care@shop.example>\nEnviado: martes, 5 de marzo de 2024 9:14\nPara: Anna\nAsunto: Su pedido",
    "De: Atención <care@shop.example>\nEnviado el: martes, 5 de marzo de 2024 9:14\nPara: Anna\nAsunto: Su pedido",
    "Da: Servizio Clienti <care@shop.example>\nInviato: martedì 5 marzo 2024 09:14\nA: Anna\nOggetto: Il suo ordine",
    "Van: Klantenservice <care@shop.example>\nVerzonden: dinsdag 5 maart 2024 09:14\nAan: Anna\nOnderwerp: Uw bestelling",
    "De: Atendimento <care@shop.example>\nEnviado: terça-feira, 5 de março de 2024 09:14\nPara: Anna\nAssunto: O seu pedido",
    "Från: Kundtjänst <care@shop.example>\nSkickat: den 5 mars 2024 09:14\nTill: Anna\nÄmne: Din beställning",
    "Fra: Kundeservice <care@shop.example>\nSendt: 5. marts 2024 09:14\nTil: Anna\nEmne: Din ordre",
    "From: care@shop.example\n\nSent: Tuesday, March 5, 2024\n\nTo: Anna\n\nSubject: Your order",
    "From: Customer Care\nTo: Anna <a@example.org>; Bo\n  <b@example.org>; Cy <c@example.org>\nSubject: Your order",
    "________________________________\nFrom: Customer Care\nSent: Tuesday, March 5, 2024\nTo: Anna\nSubject: Your order",
  ]) func `the header of an earlier message`(block: String) throws {
    #expect(try said("It came today.\n\n\(block)\n\nWe are terribly sorry.\n\nThe shop\n") == "It came today.")
  }

  @Test func `answers between quoted lines stay`() throws {
    let text = """
      Hello,

      On Tue, 5 Mar 2024 at 09:14, Shop <care@shop.example> wrote:
      > Did the parcel arrive?
      Yes, on Monday.
      > Was it whole?

      No, one cup was broken.

      > Best regards
      """
    #expect(try said(text) == "Hello,\n\nYes, on Monday.\n\nNo, one cup was broken.")
  }

  @Test func `the rest of a quoted line that was wrapped again is quoted`() throws {
    let text = """
      Fine.

      > We are terribly sorry for the awful delay and the horrible failure of
      our
      > systems.
      """
    #expect(try said(text) == "Fine.")
  }

  @Test(arguments: [
    "From: Berlin\nTo: Munich\nWhen: next Friday\nThat is where the parcel should go.",
    "I wrote to you on 5 March 2024 at 09:14 and this is what I wrote:\nnothing works.",
    "On the box it says:\ngluten free. It is not.",
    "She said:\nnever again.",
    "Two things:\n- the lid is broken\n- the colour is wrong",
    "At 9:14 the courier came. Time:\n9:14.",
    "The original message was lost, so here it is again.",
    "From what I see the box was opened. Sent back on Monday. To be clear: I want my money.",
  ]) func `what only looks like a reply's header stays`(text: String) throws {
    #expect(try said(text).split { $0 == "\n" || $0 == " " } == text.split { $0 == "\n" || $0 == " " })
  }

  @Test(arguments: [
    "Le colis a été livré par erreur à un autre destinataire, et le voisin aussi l'a vu.",
    "The driver wrote on the slip:\nnobody at home.", "Someone from your shop wrote to ada@example.com:\nis that you?",
  ]) func `a letter that talks of letters stays whole`(text: String) throws {
    let whole = "Hello.\n\n" + text
    #expect(try said(whole).split { $0 == "\n" || $0 == " " } == whole.split { $0 == "\n" || $0 == " " })
  }

  @Test func `a forward without a word of its own is empty`() throws {
    #expect(try said("---------- Forwarded message ---------\nFrom: Shop <care@shop.example>\n\nSorry.\n").isEmpty)
    #expect(try said("> all of it\n> is quoted\n").isEmpty)
  }
}
