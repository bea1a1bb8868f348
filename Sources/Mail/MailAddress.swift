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

extension StringProtocol {
  /// Without white space and line ends around it.
  var trimmed: String {
    var rest = Substring(self).unicodeScalars
    while let first = rest.first, first.properties.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
    return String(rest)
  }
}
