/// Which records the twenty roles of a neighbourhood have, and what is planted in each.
///
/// All but roles 18 and 19 have a web record. The rest of the plan is this table; a record shares with the person's web
/// record exactly the identifiers that stand here.
struct RecordPlan {
  /// What a record holds besides name and address.
  struct Traits: OptionSet {
    var rawValue: Int
    static let email = Traits(rawValue: 1)
    static let formerEmail = Traits(rawValue: 2)
    static let slippedEmail = Traits(rawValue: 4)
    static let phone = Traits(rawValue: 8)
    static let formerPhone = Traits(rawValue: 16)
    static let zeroPhone = Traits(rawValue: 32)
    static let birthDate = Traits(rawValue: 64)
    static let nickname = Traits(rawValue: 128)
    static let slippedName = Traits(rawValue: 256)
    static let slippedStreet = Traits(rawValue: 512)
    static let formerAddress = Traits(rawValue: 1024)
    static let newSurname = Traits(rawValue: 2048)
    static let blockedCard = Traits(rawValue: 4096)
  }

  var role: Int
  var system: SourceSystem
  var traits: Traits
  var cases: [PlantedCase]
  /// Days ago that the record last changed.
  var age: ClosedRange<Int>

  /// Records that changed after, about with, or before the web records (which did 60 to 300 days ago).
  private static let newer = 5...50
  private static let older = 310...900

  static let extras: [RecordPlan] = [
    RecordPlan(role: 0, system: .loyalty, traits: [.email, .phone, .birthDate], cases: [.sharedPhone], age: older),
    RecordPlan(role: 1, system: .loyalty, traits: [.nickname, .phone], cases: [.nickname, .sharedPhone], age: newer),
    RecordPlan(
      role: 2, system: .crm, traits: [.email, .phone, .slippedName], cases: [.typo, .sharedPhone], age: older),
    RecordPlan(
      role: 4, system: .loyalty, traits: [.email, .phone, .birthDate], cases: [.namesake, .sharedPhone], age: older),
    RecordPlan(
      role: 5, system: .loyalty, traits: [.email, .phone, .birthDate], cases: [.namesake, .sharedPhone], age: older),
    RecordPlan(
      role: 6, system: .warranty, traits: [.email, .phone, .blockedCard], cases: [.blockedValue, .sharedPhone],
      age: older),
    RecordPlan(
      role: 7, system: .loyalty, traits: [.formerEmail, .phone], cases: [.changedEmail, .sharedPhone], age: older),
    RecordPlan(role: 9, system: .loyalty, traits: [.phone, .birthDate], cases: [.moved], age: newer),
    RecordPlan(role: 11, system: .loyalty, traits: [.phone, .birthDate], cases: [], age: older),
    RecordPlan(role: 11, system: .crm, traits: [.phone, .email, .newSurname], cases: [.married], age: newer),
    RecordPlan(role: 12, system: .loyalty, traits: [.formerEmail], cases: [.changedEmail], age: older),
    RecordPlan(
      role: 12, system: .warranty, traits: [.phone, .formerAddress, .slippedStreet], cases: [.moved, .typo], age: older),
    RecordPlan(role: 13, system: .loyalty, traits: [.email, .zeroPhone], cases: [.blockedValue], age: older),
    RecordPlan(role: 14, system: .crm, traits: [.email, .formerPhone], cases: [.recycledNumber], age: older),
    RecordPlan(
      role: 15, system: .crm, traits: [.nickname, .birthDate], cases: [.noIdentifier, .nickname], age: older),
    RecordPlan(
      role: 16, system: .warranty, traits: [.phone, .nickname, .slippedEmail], cases: [.typo, .nickname], age: older),
    RecordPlan(role: 18, system: .loyalty, traits: [.email, .phone, .birthDate], cases: [], age: older),
    RecordPlan(role: 19, system: .crm, traits: [.email, .phone], cases: [], age: older),
  ]

  /// Roles whose web record names the card too.
  static let webCardRoles: Set<Int> = [1, 7, 9, 12]
  /// Roles whose web record always has a telephone; of the others four in five have one.
  static let webPhoneRoles: Set<Int> = [0, 1, 7, 8, 9, 11, 12, 16, 17]

  static func webCases(role: Int) -> [PlantedCase] {
    switch role {
    case 0, 1, 7, 8: [.sharedPhone]
    case 4, 5: [.namesake]
    case 9: [.moved]
    case 17: [.recycledNumber]
    default: []
    }
  }
}
