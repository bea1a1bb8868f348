/// Who sent a message or got it.
public struct MailAddress: Sendable, Equatable {
  /// The name beside the address, decoded.
  public var name: String?
  /// As written: `local@domain`.
  public var address: String

  init(name: String?, address: String) {
    self.name = name?.isEmpty == true ? nil : name
    self.address = address
  }
}

extension MailAddress {
  /// The address in a header that is written against the rules: "Ada Smith ada@example.com", "Ada [mailto:ada@example.com]",
  /// or with the address inside an encoded word.
  init?(looseIn header: String) {
    let word = header.unicodeScalars.split { scalar in
      scalar.properties.isWhitespace || "<>()[],;:\"'".unicodeScalars.contains(scalar)
    }.last { word in
      guard let at = word.firstIndex(of: "@"), at > word.startIndex else { return false }
      let domain = word[word.index(after: at)...]
      return !domain.isEmpty && !domain.contains("@") && domain.first != "."
    }
    guard let word else { return nil }
    let address = String(String.UnicodeScalarView(word))
    // A name stands before a bracket.
    let bracket = header.utf8.firstIndex { [0x3C, 0x5B, 0x28].contains($0) }
    self.init(name: bracket.map { header[..<$0].trimmed }, address: address)
  }
}

extension StringProtocol {
  /// Without white space and line ends around it.
  var trimmed: String {
    var rest = Substring(self).unicodeScalars
    while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
    return String(rest)
  }
}
