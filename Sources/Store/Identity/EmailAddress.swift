/// An e-mail address in the one spelling under which it is looked up.
///
/// The form is RFC 5321's mailbox with a dot-atom as local part, a domain of two labels or more, and UTF-8 in both
/// (RFC 6531). ASCII is lower-cased on both sides of the `@`: no mail provider of weight tells capitals apart, and
/// people do not type them alike. Letters beyond ASCII stay as they are. Quoted local parts and address literals are
/// refused. Checking is one pass over at most 254 bytes.
public struct EmailAddress: Sendable {
  /// The longest address, in bytes of UTF-8 (RFC 5321, section 4.5.3.1.3, without the angle brackets).
  public static let bytesMax = 254
  /// The longest local part (RFC 5321, section 4.5.3.1.1).
  public static let localBytesMax = 64
  /// The longest label of a domain (RFC 1035, section 2.3.4).
  public static let labelBytesMax = 63

  /// The address, trimmed and in lower case.
  public let normalized: String

  /// The normalized address, or nil when `raw` is none. White space of ASCII around it is ignored.
  public init?(_ raw: String) {
    let bytes = raw.utf8Span.span
    var first = 0
    var end = bytes.count
    while first < end, isSpace(bytes[first]) { first += 1 }
    while end > first, isSpace(bytes[end - 1]) { end -= 1 }
    guard end - first <= EmailAddress.bytesMax else { return nil }
    var address: [UInt8] = []
    address.reserveCapacity(end - first)
    for index in first..<end {
      let byte = bytes[index]
      address.append(byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte)
    }
    guard let at = address.firstIndex(of: UInt8(ascii: "@")),
      EmailAddress.isLocalPart(address[..<at]), EmailAddress.isDomain(address[(at + 1)...])
    else { return nil }
    let text = String(decoding: address, as: UTF8.self)
    // White space and controls beyond ASCII cannot be told from nothing on a screen: they are slips, not names.
    if text.unicodeScalars.contains(where: { !$0.isASCII && !isPrintable($0) }) { return nil }
    normalized = text
  }

  /// A dot-atom (RFC 5322, section 3.2.3): runs of atext between single dots.
  private static func isLocalPart(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard !bytes.isEmpty, bytes.count <= localBytesMax else { return false }
    var afterDot = true
    for byte in bytes {
      if byte == UInt8(ascii: ".") {
        if afterDot { return false }
        afterDot = true
      } else {
        guard isAtext(byte) else { return false }
        afterDot = false
      }
    }
    return !afterDot
  }

  /// Two labels or more of letters, digits and inner hyphens, the last one not a number.
  private static func isDomain(_ bytes: ArraySlice<UInt8>) -> Bool {
    var labels = 0
    var length = 0
    var digitsOnly = true
    var last = UInt8(ascii: ".")
    for byte in bytes {
      if byte == UInt8(ascii: ".") {
        if length == 0 || last == UInt8(ascii: "-") { return false }
        labels += 1
        length = 0
        digitsOnly = true
      } else {
        guard isLetterOrDigit(byte) || byte >= 0x80 || (byte == UInt8(ascii: "-") && length > 0) else { return false }
        length += 1
        if length > labelBytesMax { return false }
        if byte < UInt8(ascii: "0") || byte > UInt8(ascii: "9") { digitsOnly = false }
      }
      last = byte
    }
    return labels > 0 && length > 0 && last != UInt8(ascii: "-") && !digitsOnly
  }
}

extension EmailAddress: Hashable {
  /// Equal when the bytes are.
  public static func == (a: EmailAddress, b: EmailAddress) -> Bool {
    a.normalized.utf8.elementsEqual(b.normalized.utf8)
  }

  /// Feeds the bytes.
  public func hash(into hasher: inout Hasher) {
    for byte in normalized.utf8 { hasher.combine(byte) }
  }
}

private func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

private func isLetterOrDigit(_ byte: UInt8) -> Bool {
  (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")) || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
}

private func isAtext(_ byte: UInt8) -> Bool {
  if isLetterOrDigit(byte) || byte >= 0x80 { return true }
  switch byte {
  case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
    UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "/"),
    UInt8(ascii: "="), UInt8(ascii: "?"), UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"),
    UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"), UInt8(ascii: "~"):
    return true
  default:
    return false
  }
}

private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  if scalar.properties.isWhitespace { return false }
  switch scalar.properties.generalCategory {
  case .control, .format, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return false
  default: return true
  }
}
