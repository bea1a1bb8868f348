import Testing

@testable import Mail

@Suite struct HTMLTests {
  @Test(arguments: [
    ("<p>One</p><p>Two</p>", "One\n\nTwo"),
    ("One<br>Two<br/>\nThree", "One\nTwo\nThree"),
    ("<div>One</div><div>Two <b>bold</b>\n  word</div>", "One\nTwo bold word"),
    ("<div>One<div>Two</div></div>", "One\nTwo"),
    ("<ul><li>One<li>Two</ul>", "One\nTwo"),
    ("<table><tr><td>One</td><td>Two</td></tr><tr><td>Three</td></tr></table>", "One Two\nThree"),
    ("Caf&eacute; &#8364;5 &#x2019; &amp;lt; &nbsp;x &unknown; &copy &#128;", "Café €5 ’ &lt;  x &unknown; &copy €"),
    ("<style>p{color:red}</style><script>if (a<b) {}</script><title>t</title>Words", "Words"),
    ("<!-- <p>no</p> --><!--[if mso]>no<![endif]-->Words<!>", "Words"),
    ("a < b and c > d <3", "a < b and c > d <3"),
    ("<p>Unclosed <b>tags <div>everywhere", "Unclosed tags\neverywhere"),
    ("</div></p>Stray ends", "Stray ends"),
    ("<div style=\"display: none\">preview</div>Words<span hidden>no</span>", "Words"),
    ("<pre>one\n  two</pre>", "one\ntwo"),
    ("<a href=\"https://shop.example/?a=1&b=2\">the shop</a> <img src=x alt=logo>", "the shop"),
    ("Zero\u{200B}width&zwnj;", "Zerowidth"),
    ("<p title='a > b'>Words</p>", "Words"),
  ]) func `HTML becomes lines`(html: String, text: String) throws {
    #expect(try saidInHTML(html) == text)
  }

  @Test(arguments: [
    "<blockquote type=\"cite\">Sorry.<br>&gt; deeper</blockquote>", "<blockquote>Sorry.</blockquote>",
    "<div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">On Tue, Mar 5, 2024 at 9:14 AM Shop &lt;<a href=\"mailto:"
      + "care@shop.example\">care@shop.example</a>&gt; wrote:<br></div><blockquote class=\"gmail_quote\">Sorry.</blockquote></div>",
    "<div class=\"gmail_quote\"><div class=\"gmail_attr\">---------- Forwarded message ---------<br>From: Shop<br></div>Sorry.</div>",
    "<div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\"><b>From:</b> Shop<br><b>Sent:</b> Tuesday</div><div>Sorry.</div>",
    "<div id=\"x_divRplyFwdMsg\">Quelqu'un</div><div>Sorry.</div>",
    "<div><div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\"><p><b>Kimden:</b> Shop</p></div>"
      + "</div><p>Sorry.</p>",
    "<div class=\"moz-cite-prefix\">Le 05/03/2024 à 09:14, Shop a écrit&nbsp;:<br></div><blockquote type=\"cite\">Sorry.</blockquote>",
    "<div id=\"ymail_android_signature\"></div><div class=\"yahoo_quoted\" id=\"yahoo_quoted_1\"><div>El martes, Shop escribió:</div>"
      + "<div>Sorry.</div></div>",
    "<div name=\"quote\" style=\"border-left:2px solid #C3D9E5\"><b>Gesendet:</b> Dienstag<br><b>Von:</b> Shop<br>Sorry.</div>",
    "<hr id=\"zwchr\"><b>From: </b>care@shop.example<br><b>Sent: </b>Monday<br>Sorry.",
    "<span id=\"OLK_SRC_BODY_SECTION\">Sorry.</span>",
    "<div class=\"protonmail_quote\">On 5 March Shop wrote:<br>Sorry.</div>",
    "<div id=\"mail-editor-reference-message-container\"><p>Sorry.</p></div>",
    "&gt; Sorry.<br>&gt; Really.",
    "<div class=\"gmail_signature\" data-smartmail=\"gmail_signature\">Anna<br>Shopkeeper</div>",
    "-- <br>Anna Larsson<br>Shopkeeper", "--&nbsp;<br>Anna", "<div id=\"Signature\"><p>Anna<br>Shopkeeper</p></div>",
    "<div class=\"moz-signature\">-- <br>Anna</div>",
    "Von meinem iPhone gesendet<br><blockquote type=\"cite\">Sorry.</blockquote>",
    "<div>From: Shop &lt;care@shop.example&gt;<br>Sent: Tuesday, 5 March<br>To: Anna<br>Subject: Order</div><div>Sorry.</div>",
    "<p class=MsoNormal><b>Von:</b> Shop <br><b>Gesendet:</b> Dienstag<br><b>An:</b> Anna<br><b>Betreff:</b> Order</p><p>Sorry.</p>",
  ]) func `quoting and signing containers of mail programs go`(rest: String) throws {
    #expect(try saidInHTML("<html><body><div>It came today.</div><br>\(rest)</body></html>") == "It came today.")
  }

  @Test func `answers between quoting containers stay`() throws {
    let html = """
      <div class="gmail_quote"><div class="gmail_attr">On Tue, 5 Mar 2024 at 09:14, Shop wrote:<br></div>
      <blockquote class="gmail_quote">Did it come?</blockquote><div>Yes.</div>
      <blockquote class="gmail_quote">Whole?</blockquote><div>No.</div></div>
      """
    #expect(try saidInHTML(html).split(separator: "\n") == ["Yes.", "No."])
  }

  @Test func `indentation by blockquote is the sender's own`() throws {
    let html = "<blockquote style=\"margin:0 0 0 40px; border: none; padding: 0px\">Indented.</blockquote>"
    #expect(try saidInHTML(html) == "Indented.")
  }

  @Test func `an end tag does not leave its table cell`() throws {
    let html = "<blockquote><table><tr><td>Quoted</blockquote> still</td></tr></table></blockquote>Own."
    #expect(try saidInHTML(html) == "Own.")
  }

  @Test func `the charset may stand in the text`() throws {
    let head = "From: a@example.org\nContent-Type: text/html\nContent-Transfer-Encoding: 8bit\n\n"
    let html = "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=KOI8-R\"></head><body>"
    let bytes = Array(head.utf8) + Array(html.utf8) + [0xD0, 0xD2, 0xC9, 0xD7, 0xC5, 0xD4]
    #expect(try MailMessage(parsing: bytes).text == "привет")
  }
}
