/// Why a source record is hard to match, or dangerous. The identity truth lists them for each record.
public enum PlantedCase: String, CaseIterable, Sendable {
  /// A slip of the finger in the name, the street or the e-mail.
  case typo
  /// Another address than the person's present one, or the present one after a move.
  case moved
  /// A telephone number that several people of one household gave.
  case sharedPhone
  /// An e-mail address that the person no longer uses.
  case changedEmail
  /// The surname after marriage; the older records have the other one.
  case married
  /// A telephone number that was one person's and is now another's.
  case recycledNumber
  /// A short form of the given name.
  case nickname
  /// Not a person: somebody tried the form.
  case testAccount
  /// A placeholder where an identifier should be.
  case blockedValue
  /// Father and son with one name, one address and one telephone.
  case namesake
  /// Name, birth date and address are all that ties it to the person's other records.
  case noIdentifier
}
