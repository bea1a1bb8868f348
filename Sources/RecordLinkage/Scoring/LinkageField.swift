/// What is compared between two records.
public enum LinkageField: Int, CaseIterable, Sendable {
  case givenName, surname, generation, email, phone, birthDate, address, unit, loyaltyId, nationalId
  /// The e-mail address when the names agree; ``email`` is missing then. People of one name have addresses that are alike.
  case namesakeEmail

  /// How many outcomes the comparison has when both records have the field.
  var levelCount: Int {
    switch self {
    case .givenName: NameLevel.count
    case .surname: NameLevel.count
    case .generation: 3
    case .email, .namesakeEmail: EmailLevel.count
    case .phone: 3
    case .birthDate: 4
    case .address: 15
    case .unit: 3
    case .loyaltyId, .nationalId: 4
    }
  }

  static let count = allCases.count
}

/// Outcomes of comparing names, from alike to different.
enum NameLevel {
  static let exact = 0
  /// A nickname, the start of the other (`Greg`), one of several names (`Van Dyke-Smith` and `Smith`).
  static let compatible = 1
  /// A typing error apart.
  static let typo = 2
  /// One is only the first letter of the other.
  static let initial = 3
  static let similar = 4
  static let different = 5
  /// One is only a letter, and another than the other's first.
  static let otherInitial = 6
  /// First name and family name exchanged; then the family name is not compared again.
  static let exchanged = 7
  /// Exchanged, with an initial or a typing error in one of them.
  static let nearlyExchanged = 8
  static let count = 9

  /// Outcomes that two records of one person have as a rule.
  @inline(__always)
  static func agrees(_ level: Int) -> Bool { level <= initial || level == exchanged || level == nearlyExchanged }
}

/// Outcomes of comparing e-mail addresses.
enum EmailLevel {
  static let exact = 0
  /// The same local part at another domain.
  static let otherDomain = 1
  /// A typing error or two apart.
  static let typo = 2
  static let different = 3
  static let count = 4
}

/// Outcomes of comparing birth dates.
enum DateLevel {
  static let exact = 0
  /// One digit, two swapped digits, or day and month swapped.
  static let typo = 1
  /// Two of year, month and day agree.
  static let near = 2
  static let different = 3
}

/// The outcome of every comparison between two records: four bits a field, all ones where a record lacks the field.
struct Pattern: Hashable, Sendable {
  static let missing = 15
  private(set) var bits: UInt64 = ~0

  @inline(__always)
  subscript(_ field: LinkageField) -> Int {
    get { Int(truncatingIfNeeded: bits >> UInt64(field.rawValue * 4)) & 15 }
    set {
      let shift = UInt64(field.rawValue * 4)
      bits = bits & ~(15 << shift) | UInt64(newValue) << shift
    }
  }
}

extension Pattern {
  /// Whether the two share address or telephone but not the first name, and nothing that belongs to one person alone: they live
  /// together and are two, whatever else agrees. Twins share a birthday too.
  var isHousehold: Bool {
    let given = self[.givenName]
    guard given == NameLevel.different || given == NameLevel.otherInitial else { return false }
    guard self[.address] == 0, self[.phone] == 0 else { return false }
    let hasOwn = self[.loyaltyId] <= 1 || self[.nationalId] <= 1 || self[.email] == EmailLevel.exact
    return !hasOwn
  }
}
