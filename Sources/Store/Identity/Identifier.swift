/// What an identifier of a person was called by the source that sent it.
public enum IdentifierType: String, Sendable, Hashable, CaseIterable {
  /// `userId`: the account of a signed-in person.
  case user
  /// `loyaltyId`: the number of a loyalty card.
  case loyalty
  /// `source/sourceId`: one record of one source system.
  case record
  /// A normalized e-mail address.
  case email
  /// A telephone number in E.164.
  case phone
  /// `anonymousId`: a browser or a device.
  case anonymous
  /// What an identity rule over several fields makes of a record: it joins records and belongs to no customer.
  case matchKey = "key"

  /// What stands before a value in the identifier's key: the type and a colon.
  public var keyPrefix: String {
    switch self {
    case .user: "user:"
    case .loyalty: "loyalty:"
    case .record: "record:"
    case .email: "email:"
    case .phone: "phone:"
    case .anonymous: "anonymous:"
    case .matchKey: "key:"
    }
  }

  /// The types that name a person or a record, to be shown and looked up.
  public static let named: [IdentifierType] = [.user, .loyalty, .record, .email, .phone, .anonymous]
}

/// One identifier of a person, such as `user:U1` or `email:a@b.c`.
///
/// A value that exists names somebody: placeholders such as `0`, `null` or `anonymous` give no identifier, e-mail
/// addresses and telephone numbers are normalized. Other values keep the spelling of their source. Two identifiers are
/// equal when their bytes are, as in MongoDB; Swift's own comparison of strings would merge canonical equivalents.
public struct Identifier: Sendable {
  /// The longest value that is an identifier, in bytes of UTF-8.
  public static let valueBytesMax = 512

  /// What the source called it.
  public let type: IdentifierType
  /// The value, normalized where its type says so.
  public let value: String

  /// The identifier as it stands in documents: the type, a colon, the value.
  public var key: String { type.keyPrefix + value }

  /// The identifier that a source's value stands for.
  ///
  /// Nil when the value is a placeholder, is empty, holds a NUL, exceeds `valueBytesMax`, or is an e-mail address or a
  /// telephone number that cannot be normalized. `region` completes telephone numbers without a country calling code.
  public init?(_ type: IdentifierType, _ raw: String, region: PhoneRegion = .northAmerica) {
    guard !Identifier.isBlocked(raw) else { return nil }
    switch type {
    case .email:
      guard let address = EmailAddress(raw) else { return nil }
      self.init(checkedType: type, value: address.normalized)
    case .phone:
      guard let number = PhoneNumber(raw, region: region) else { return nil }
      self.init(checkedType: type, value: number.e164)
    case .user, .loyalty, .record, .anonymous, .matchKey:
      guard Identifier.isStorable(raw) else { return nil }
      self.init(checkedType: type, value: raw)
    }
  }

  /// The identifier of a source record: `record:source/sourceId`. Nil when the parts make no storable value.
  public init?(source: String, sourceId: String) {
    let value = source + "/" + sourceId
    guard !source.isEmpty, !sourceId.isEmpty, Identifier.isStorable(value) else { return nil }
    self.init(checkedType: .record, value: value)
  }

  /// The key that the rule of this name makes of normalized values: `key:rule/digest`.
  public init(rule: String, values: [String]) {
    self.init(checkedType: .matchKey, value: rule + "/" + Digest.identifier(prefix: "", parts: values))
  }

  /// Reads a key as `key` wrote it. Nil for an unknown type or an unusable value.
  public init?(key: String) {
    guard let colon = key.utf8.firstIndex(of: UInt8(ascii: ":")),
      let type = IdentifierType(rawValue: String(key[..<colon]))
    else { return nil }
    let value = String(key[key.utf8.index(after: colon)...])
    guard Identifier.isStorable(value) else { return nil }
    self.init(checkedType: type, value: value)
  }

  private init(checkedType type: IdentifierType, value: String) {
    self.type = type
    self.value = value
  }

  /// Whether a value is one of the placeholders that stand for nobody, in any ASCII case and between ASCII spaces:
  /// nothing at all, zeros and hyphens only, `-1`, `null`, `none`, `undefined`, `anonymous`, `n/a`, `unknown`.
  public static func isBlocked(_ raw: String) -> Bool { isBlocked(raw.utf8Span.span) }

  /// The same for text whose bytes lie elsewhere.
  public static func isBlocked(_ bytes: borrowing Span<UInt8>) -> Bool {
    var first = 0
    var end = bytes.count
    while first < end, bytes[first] == UInt8(ascii: " ") { first += 1 }
    while end > first, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
    let length = end - first
    if length == 0 { return true }
    switch bytes[first] | 0x20 {
    case UInt8(ascii: "0"), UInt8(ascii: "-"):
      if length == 2, bytes[first] == UInt8(ascii: "-"), bytes[first + 1] == UInt8(ascii: "1") { return true }
      for index in first..<end where bytes[index] != UInt8(ascii: "0") && bytes[index] != UInt8(ascii: "-") {
        return false
      }
      return true
    case UInt8(ascii: "n"), UInt8(ascii: "u"), UInt8(ascii: "a"):
      let trimmed = bytes.extracting(first..<end)
      return placeholders.contains { equalIgnoringCase(trimmed, $0) }
    default:
      return false
    }
  }

  /// Words that sources write where they know nobody, in lower case.
  private static let placeholders: [StaticString] = ["null", "none", "n/a", "undefined", "unknown", "anonymous"]

  private static func equalIgnoringCase(_ bytes: borrowing Span<UInt8>, _ word: StaticString) -> Bool {
    guard bytes.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count {
      var byte = bytes[index]
      if byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z") { byte |= 0x20 }
      // Static strings live as long as the program, and the index is below the count compared above.
      if unsafe byte != word.utf8Start[index] { return false }
    }
    return true
  }

  private static func isStorable(_ value: String) -> Bool {
    let bytes = value.utf8Span.span
    guard bytes.count > 0, bytes.count <= valueBytesMax else { return false }
    for index in 0..<bytes.count where bytes[index] == 0 { return false }
    return true
  }
}

extension Identifier: Hashable, Comparable {
  /// Equal when type and bytes are.
  public static func == (a: Identifier, b: Identifier) -> Bool {
    a.type == b.type && a.value.utf8.elementsEqual(b.value.utf8)
  }

  /// Feeds the type and the bytes.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(type)
    // The buffer is read inside the call that lends it.
    unsafe value.utf8Span.span.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
  }

  /// The order of the keys' bytes, which is MongoDB's order.
  public static func < (a: Identifier, b: Identifier) -> Bool {
    if a.type != b.type { return a.type.rawValue.utf8.lexicographicallyPrecedes(b.type.rawValue.utf8) }
    return a.value.utf8.lexicographicallyPrecedes(b.value.utf8)
  }
}
