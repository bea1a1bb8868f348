/// A value that survived, and how it stands with the records of its cluster.
public struct GoldenValue: Sendable, Equatable {
  /// The value: names and addresses in lower case, dates as `yyyy-mm-dd`, telephone numbers in E.164 where the country is known.
  public var text: String
  /// The records that say just this.
  public var support: Int
  /// Whether no record says it: a slip was put right, or a nickname replaced by the name it stands for.
  public var isCorrected: Bool { support == 0 }
}

/// The best of what the records of one person say.
public struct GoldenRecord: Sendable, Equatable {
  /// First name in full form.
  public var givenName: GoldenValue?
  /// Family name, with its suffix.
  public var surname: GoldenValue?
  /// E-mail address.
  public var email: GoldenValue?
  /// Telephone number.
  public var phone: GoldenValue?
  /// Date of birth.
  public var birthDate: GoldenValue?
  /// Loyalty id.
  public var loyaltyId: GoldenValue?
  /// National id.
  public var nationalId: GoldenValue?
  /// House number and street; the address is that of one record.
  public var street: GoldenValue?
  /// Second line of the address.
  public var secondLine: GoldenValue?
  /// Town.
  public var city: GoldenValue?
  /// State or province.
  public var region: GoldenValue?
  /// Postal code.
  public var postcode: GoldenValue?

  /// A record without values.
  public init() {}
}
