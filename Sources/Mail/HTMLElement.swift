/// What an HTML element means for the text inside it.
struct HTMLElement {
  /// What an element does to its text.
  enum Role: Equatable {
    case none
    /// Text that a reader does not see.
    case hidden
    /// Another's words, one deeper.
    case quotation
    case signature
    case attribution
    /// What follows, to the end of the message, is an earlier message.
    case cut
  }

  /// How an element breaks lines.
  enum Layout { case inline, block, paragraph, cell, row, breakLine, preformatted }

  static func layout(of name: String) -> Layout { layouts[name] ?? .inline }

  /// Elements without an end tag.
  static func isVoid(_ name: String) -> Bool { voids.contains(name) }

  /// The role of an element by the marks that mail programs leave.
  static func role(of tag: HTMLTokenizer.Tag) -> Role {
    if hiddenElements.contains(tag.name) || tag.isHidden { return .hidden }
    let style = tag.style.filter { $0 != " " }
    if style.contains(bytes: "display:none") || style.contains(bytes: "mso-hide:all") { return .hidden }
    let id = tag.id.hasPrefix("x_") ? String(tag.id.dropFirst(2)) : tag.id
    if cutIDs.contains(where: id.hasPrefix) { return .cut }
    // Outlook's paragraph over the header of the message that is answered.
    if tag.name == "div", style.contains(bytes: "border:none;border-top:solid#") { return .cut }
    for name in tag.classes.split(separator: " ") {
      let name = name.hasPrefix("x_") ? name.dropFirst(2) : name
      if let role = classes[String(name)] { return role }
    }
    if signatureIDs.contains(where: id.hasPrefix) || tag.purpose.contains(bytes: "signature") { return .signature }
    if quotationIDs.contains(where: id.hasPrefix) || tag.label == "quote" { return .quotation }
    if tag.name == "blockquote" {
      // Gmail and Apple Mail indent the sender's own text with these.
      let isIndentation = tag.type != "cite" && style.contains(bytes: "border:none") && style.contains(bytes: "40px")
      return isIndentation ? .none : .quotation
    }
    return .none
  }

  private static let hiddenElements: Set<String> = [
    "head", "style", "script", "title", "template", "object", "svg", "math", "select", "textarea", "noscript", "xml",
    "iframe", "audio", "video", "canvas", "datalist", "noembed", "noframes",
  ]

  private static let voids: Set<String> = [
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link",
    "meta",
    "param", "source", "track", "wbr",
  ]

  private static let cutIDs = [
    "divrplyfwdmsg", "appendonsend", "olk_src_body_section", "mail-editor-reference-message-container", "stopspelling",
    "zwchr", "replyforwardmessage", "ms-outlook-mobile-reference",
  ]

  private static let signatureIDs = [
    "signature", "applemailsignature", "ms-outlook-mobile-signature", "ms-outlook-mobile-body-separator",
    "bloop_sign", "yahoosignature", "composer_signature", "protonmail_signature", "sig_", "outlook-signature",
  ]

  private static let quotationIDs = ["yahoo_quoted", "aolmsgpart", "yiv", "oriMsgHtmlSeperator", "isforwardcontent"]

  private static let classes: [String: Role] = [
    "gmail_attr": .attribution, "moz-cite-prefix": .attribution, "moz-email-headers-table": .cut,
    "moz-forward-container": .cut, "moz-signature": .signature, "moz-txt-sig": .signature,
    "gmail_signature": .signature,
    "gmail_signature_prefix": .signature, "protonmail_signature_block": .signature, "bloop_sign": .signature,
    "mailbox_signature": .signature, "sh-signature": .signature, "yahoo_quoted": .quotation,
    "protonmail_quote": .quotation, "tutanota_quote": .quotation, "zmail_extra": .quotation,
    "freebirdquote": .quotation,
    "moz-cite": .quotation, "mailmate-quote": .quotation, "yahoo-quoted-begin": .attribution,
    "ms-outlook-mobile-signature": .signature, "elided-text": .quotation,
  ]

  private static let layouts: [String: Layout] = {
    var table: [String: Layout] = [:]
    for name in [
      "address", "article", "aside", "body", "center", "details", "dir", "div", "dd", "dt", "fieldset", "figure",
      "footer", "form", "header", "hr", "html", "li", "main", "nav", "section", "summary", "table", "tbody", "tfoot",
      "thead", "caption",
    ] { table[name] = .block }
    for name in ["p", "blockquote", "ul", "ol", "dl", "h1", "h2", "h3", "h4", "h5", "h6"] { table[name] = .paragraph }
    table["pre"] = .preformatted
    table["tr"] = .row
    table["td"] = .cell
    table["th"] = .cell
    table["br"] = .breakLine
    return table
  }()
}

extension String {
  /// Whether the bytes of another string stand in this one.
  func contains(bytes other: StaticString) -> Bool {
    // The constant's bytes are read within its length.
    let wanted = unsafe UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount)
    let bytes = Array(utf8)
    guard bytes.count >= wanted.count else { return false }
    return (0...(bytes.count - wanted.count)).contains { start in
      unsafe bytes[start..<(start + wanted.count)].elementsEqual(wanted)
    }
  }
}
