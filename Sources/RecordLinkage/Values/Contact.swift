/// An e-mail address as it is compared: lower case, without what a person adds behind a plus sign.
struct MailAddress {
  var local: [UInt8]
  var domain: [UInt8]

  /// `local@domain`
  var canonical: [UInt8] { local + [UInt8(ascii: "@")] + domain }

  /// Nil when the text has no `@` with something on both sides, or is nobody's address.
  init?(_ text: String) {
    var bytes: [UInt8] = []
    for byte in text.utf8 where byte > 0x20 { bytes.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) }
    guard let at = bytes.lastIndex(of: UInt8(ascii: "@")), at > 0, at + 1 < bytes.count else { return nil }
    var local = bytes[..<at]
    if let plus = local.firstIndex(of: UInt8(ascii: "+")), plus > 0 { local = local[..<plus] }
    domain = Array(bytes[(at + 1)...])
    if domain.elementsEqual("googlemail.com".utf8) { domain = Array("gmail.com".utf8) }
    // Gmail delivers a name with and without full stops to the same person.
    if domain.elementsEqual("gmail.com".utf8) { local = ArraySlice(local.filter { $0 != UInt8(ascii: ".") }) }
    self.local = Array(local)
    if self.local.isEmpty || nobody.contains(String(decoding: self.local, as: UTF8.self)) { return nil }
  }

  /// The address in lower case without what stands behind a plus sign, full stops kept.
  static func withoutTag(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    for byte in text.utf8 where byte > 0x20 { bytes.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) }
    guard let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return bytes }
    if let plus = bytes[..<at].firstIndex(of: UInt8(ascii: "+")), plus > 0 { bytes.removeSubrange(plus..<at) }
    return bytes
  }

  /// Whether the address has the form that mail servers accept: a dot-atom, two labels or more, a top level of letters.
  static func isValid(_ text: some StringProtocol) -> Bool {
    let parts = Array(text.utf8).split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, parts[0].count <= 64 else { return false }
    let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard labels.count >= 2, let top = labels.last, top.count >= 2,
      top.allSatisfy({ $0 >= 0x80 || ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) })
    else { return false }
    let dot = UInt8(ascii: ".")
    if parts[0].first == dot || parts[0].last == dot
      || zip(parts[0], parts[0].dropFirst()).contains(where: { $0 == dot && $1 == dot })
    {
      return false
    }
    return labels.allSatisfy { label in
      !label.isEmpty && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy {
          $0 >= 0x80 || $0 &- 48 < 10 || ($0 | 0x20 >= 97 && $0 | 0x20 <= 122) || $0 == UInt8(ascii: "-")
        }
    } && !parts[0].contains { $0 <= 0x20 || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }
  }
}

private let nobody: Set<String> = [
  "none", "noemail", "noreply", "no-reply", "na", "unknown", "null", "test", "anonymous", "nobody",
]

/// The digits of a telephone number, without what differs between ways to write it.
enum PhoneDigits {
  /// The number without international prefix, leading zeros and extension, at most 15 digits; 0 when it is nobody's.
  static func parse(_ text: String) -> UInt64 {
    var digits: [UInt8] = []
    var last: UInt8 = 0
    for byte in text.utf8 {
      defer { last = byte }
      if byte &- 48 < 10 {
        // "+44 (0)20": the trunk prefix is for callers inside the country.
        if byte == UInt8(ascii: "0"), last == UInt8(ascii: "("), !digits.isEmpty { continue }
        digits.append(byte &- 48)
      } else if byte | 0x20 >= 97, byte | 0x20 <= 122 {
        // An extension follows; a word in front (`tel`) is passed over.
        if !digits.isEmpty { break }
      }
    }
    let significant = digits.drop { $0 == 0 }
    guard significant.count >= 6, Set(significant).count > 1 else { return 0 }
    return significant.prefix(15).reduce(0) { $0 * 10 + UInt64($1) }
  }

  /// The calling code that a number written with a plus sign leads with, if it is one of the common ones.
  static func callingCode(_ text: String) -> Int? {
    var bytes = Array(text.utf8.filter { $0 > 0x20 })
    if bytes.starts(with: "00".utf8) { bytes.replaceSubrange(0..<2, with: "+".utf8) }
    guard bytes.first == UInt8(ascii: "+") else { return nil }
    let digits = bytes.dropFirst().filter { $0 &- 48 < 10 }.map { Int($0 &- 48) }
    guard digits.count >= 8 else { return nil }
    if digits[0] == 1 || digits[0] == 7 { return digits[0] }
    let two = digits[0] * 10 + digits[1]
    return twoDigitCodes.contains(two) ? two : two * 10 + digits[2]
  }

  private static let twoDigitCodes: Set<Int> = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61, 62,
    63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
  ]

  /// The last nine digits, by which numbers with and without a country's code meet.
  @inline(__always)
  static func tail(_ number: UInt64) -> UInt64 { number % 1_000_000_000 }
}
