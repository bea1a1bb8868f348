/// What one source says about one person, as the source wrote it. An empty field is one that the source does not have.
public struct PersonRecord: Sendable, Equatable {
  /// The record's own id, unique in what is matched.
  public var id: String
  /// The system that the record comes from.
  public var source: String
  /// First names, a nickname or an initial.
  public var givenName: String
  /// Family names; a suffix such as `Jr` may stand behind them.
  public var surname: String
  /// An e-mail address.
  public var email: String
  /// A telephone number in any spelling.
  public var phone: String
  /// `1980-12-24`, `19801224`, `24.12.1980`, `12/24/1980`, `24 Dec 1980`; day or month first is learned by source.
  public var birthDate: String
  /// House number, when it stands apart from the street.
  public var houseNumber: String
  /// Street with its number, or without when ``houseNumber`` has it.
  public var street: String
  /// Apartment, building, second line of the address.
  public var secondLine: String
  /// Town, suburb.
  public var city: String
  /// State, province, canton.
  public var region: String
  /// Postal code, in any spelling.
  public var postcode: String
  /// A card or membership number that belongs to one person.
  public var loyaltyId: String
  /// A number that an authority gave to one person.
  public var nationalId: String
  /// RFC 3339, or any text that sorts by time.
  public var updatedAt: String

  /// A record that says nothing yet.
  public init(
    id: String, source: String = "", givenName: String = "", surname: String = "", email: String = "",
    phone: String = "", birthDate: String = "", houseNumber: String = "", street: String = "", secondLine: String = "",
    city: String = "", region: String = "", postcode: String = "", loyaltyId: String = "", nationalId: String = "",
    updatedAt: String = ""
  ) {
    self.id = id
    self.source = source
    self.givenName = givenName
    self.surname = surname
    self.email = email
    self.phone = phone
    self.birthDate = birthDate
    self.houseNumber = houseNumber
    self.street = street
    self.secondLine = secondLine
    self.city = city
    self.region = region
    self.postcode = postcode
    self.loyaltyId = loyaltyId
    self.nationalId = nationalId
    self.updatedAt = updatedAt
  }
}
