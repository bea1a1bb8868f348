/// Domains of e-mail addresses that look like a slip of a more frequent one and are none.
enum MailDomains {
  /// Providers one letter away from a larger one.
  private static let lookalikes: Set<String> = [
    "aim.com", "aol.com", "bk.ru", "email.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net", "live.com",
    "mac.com", "mail.com",
    "mail.ru", "me.com", "msn.com", "ymail.com", "ya.ru",
  ]

  /// Whether `domain` may be a slip from `other`: not where it is a provider of its own, nor where only the country differs.
  static func mayBeSlip(_ domain: [UInt8], of other: [UInt8]) -> Bool {
    if lookalikes.contains(String(decoding: domain, as: UTF8.self)) { return false }
    let (name, country) = (domain.dropLast(2), domain.suffix(2))
    let isCountry = name.last == UInt8(ascii: ".") && country.allSatisfy { $0 >= 97 && $0 <= 122 }
    return !(isCountry && name == other.dropLast(2))
  }
}
