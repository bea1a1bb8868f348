/// One human being of the town, as the truth knows them.
struct Person: Sendable {
  /// Number in the town, from 0.
  var index: Int
  /// Role in the neighbourhood, 0..<20: which cases are planted around them. See `RecordPlan`.
  var role: Int
  var household: Int
  var isWoman: Bool
  var givenName: Vocabulary.GivenName
  var surname: String
  /// Before marriage.
  var formerSurname: String?
  /// Days since 1970-01-01.
  var birthDay: Int
  var email: String
  var formerEmail: String
  var phone: PhoneNumber
  /// A number that they gave up and that somebody else has now.
  var formerPhone: PhoneNumber?
  var address: Address
  var formerAddress: Address?
  var loyaltyId: String?
  /// The web account.
  var userId: String?
  /// A browser from before they signed in, known to the web shop.
  var anonymousId: String?
  var tier: Tier
  var taste: Taste
  /// Days since 1970-01-01 of the first and after the last activity.
  var activeDays: Range<Int>
  /// Silent for the last three months or more.
  var hasLapsed: Bool

  var id: String { "P\(Codes.padded(index, 7))" }
}

/// Where a household lives.
struct Address: Sendable, Equatable {
  var number: Int
  var street: String
  /// Index in `Vocabulary.streetKinds`.
  var kind: Int
  var city: String
  var region: String
  var postalCode: String

  init(using random: inout SeededGenerator) {
    number = random.within(1...1999)
    street = random.pick(Vocabulary.streets)
    kind = random.below(Vocabulary.streetKinds.count)
    let (city, region, prefix) = random.pick(Vocabulary.cities)
    self.city = city
    self.region = region
    postalCode = prefix + Codes.padded(random.below(100), 2)
  }

  /// The line with the street's kind in full, or abbreviated.
  func streetLine(abbreviated: Bool = false) -> String {
    let (full, short) = Vocabulary.streetKinds[kind]
    return "\(number) \(street) \(abbreviated ? short : full)"
  }
}
