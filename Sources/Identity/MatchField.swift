import BSON
import RecordLinkage
import Store

/// A field of a customer record that a rule can ask for. The vocabulary is fixed.
public enum MatchField: String, Sendable, CaseIterable {
  case userId, loyaltyId, email, phone, firstName, lastName, birthDate, street, city, postalCode, country

  /// The identifier that this field holds.
  var identifier: IdentifierType? {
    switch self {
    case .userId: .user
    case .loyaltyId: .loyalty
    case .email: .email
    case .phone: .phone
    case .firstName, .lastName, .birthDate, .street, .city, .postalCode, .country: nil
    }
  }

  /// The value of a record as rules compare it; nil when it is blank or blocked, which matches nothing.
  func value(in document: BSONDocument, under rules: IdentityRules) -> String? {
    switch self {
    case .userId, .loyaltyId, .email, .phone:
      guard let type = identifier, let raw = document.string(rawValue),
        let found = Identifier(type, raw, region: rules.normalization.region), !rules.isBlocked(found)
      else { return nil }
      return type == .email && rules.normalization.dropsPlusTags ? Self.withoutTag(found.value) : found.value
    case .firstName:
      let folded = FoldedName.fold(document.string(rawValue) ?? "")
      let name = rules.normalization.knowsNicknames ? GivenNames.fullForm(folded) : folded
      return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
    case .lastName:
      let folded = FoldedName.fold(document.string(rawValue) ?? "")
      return folded.isEmpty ? nil : String(decoding: folded, as: UTF8.self)
    case .birthDate: return Self.plain(document.string(rawValue))
    case .street, .city, .postalCode, .country:
      return Self.plain(document.document("address")?.string(rawValue))
    }
  }

  /// `ada+news@example.com` is `ada@example.com`.
  private static func withoutTag(_ address: String) -> String {
    guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")),
      let plus = address.utf8[..<at].firstIndex(of: UInt8(ascii: "+")), plus > address.utf8.startIndex
    else { return address }
    return String(address[..<plus]) + String(address[at...])
  }

  /// Letters and digits alone, in lower case.
  private static func plain(_ text: String?) -> String? {
    var kept = String.UnicodeScalarView()
    for scalar in (text ?? "").lowercased().unicodeScalars
    where scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
      kept.append(scalar)
    }
    return kept.isEmpty ? nil : String(kept)
  }
}
