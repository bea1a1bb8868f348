/// Twenty people who live near each other: two families, two couples and nine who live alone. Whatever ties people together
/// (a household's telephone, a number that somebody else had before) stays within the neighbourhood.
struct Neighbourhood: Sendable {
  static let peopleCount = 20
  static let phonesPerNeighbourhood = 15
  /// People with a web account, hence with a `userId`.
  static let webPeopleCount = 18

  var index: Int
  /// In the order of their roles.
  var people: [Person]

  /// Households by role; roles 11 and up live alone. Roles 4 and 5 are a father and a son with one name.
  private static let households = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3]
  /// Which of the neighbourhood's numbers each role has. Households 0 to 2 share one, except for role 3.
  private static let phones = [0, 0, 0, 14, 1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
  /// Roles with a card. Role 19 noted theirs in the CRM only.
  static let cardRoles: Set<Int> = [0, 1, 4, 5, 7, 9, 11, 12, 13, 18, 19]

  init(_ index: Int, seed: UInt64, today: Int) {
    self.index = index
    var random = SeededGenerator(seed: seed, .people, index)
    let places = random.permutation(Self.peopleCount)
    let tiers = Self.tiers(using: &random)
    let homes = (0..<Self.peopleCount).map { _ in Address(using: &random) }
    let surnames = (0..<Self.peopleCount).map { _ in random.pick(Vocabulary.surnames) }
    people = []
    people.reserveCapacity(Self.peopleCount)
    for role in 0..<Self.peopleCount {
      let household = role < Self.households.count ? Self.households[role] : role
      let number = index * Self.peopleCount + places[role]
      var person = Person(
        role: role, number: number, household: index * Self.peopleCount + household, tier: tiers[role],
        surname: surnames[household], home: homes[household], seed: seed, today: today, using: &random)
      person.phone = PhoneNumber(index: index * Self.phonesPerNeighbourhood + Self.phones[role], seed: seed)
      if role == 5 { person.givenName = people[4].givenName }
      if role == 14 {
        person.formerPhone = PhoneNumber(index: index * Self.phonesPerNeighbourhood + Self.phones[17], seed: seed)
      }
      person.setEmails(using: &random)
      people.append(person)
    }
  }

  /// Roles 18 and 19 have no web account and are bronze; the other tiers fall to the rest by lot.
  private static func tiers(using random: inout SeededGenerator) -> [Tier] {
    var tiers = Tier.allCases.flatMap { Array(repeating: $0, count: $0.peopleCount) }
    let order = random.permutation(webPeopleCount)
    tiers = order.map { tiers[$0] } + tiers[webPeopleCount...]
    return tiers
  }
}

extension Person {
  /// Roles whose records use the short form of the name.
  private static let nicknameRoles: Set<Int> = [1, 15, 16]

  fileprivate init(
    role: Int, number: Int, household: Int, tier: Tier, surname: String, home: Address, seed: UInt64, today: Int,
    using random: inout SeededGenerator
  ) {
    index = number
    self.role = role
    self.household = household
    self.tier = tier
    isWoman = role == 11 || (![4, 5].contains(role) && random.chance(50))
    let names = isWoman ? Vocabulary.women : Vocabulary.men
    givenName = random.pick(Self.nicknameRoles.contains(role) ? names.filter { $0.nickname != nil } : names)
    self.surname = surname
    formerSurname = role == 11 ? Self.another(than: surname, using: &random) : nil
    let ages = [0, 1, 4, 6, 7, 8].contains(role) ? 42...68 : [2, 3, 5].contains(role) ? 18...24 : 19...80
    birthDay = today - random.within(ages) * 365 - random.below(365)
    email = ""
    formerEmail = ""
    phone = PhoneNumber(index: 0, seed: 0)
    formerPhone = nil
    address = home
    formerAddress = [9, 12].contains(role) ? Address(using: &random) : nil
    loyaltyId =
      Neighbourhood.cardRoles.contains(role) ? "LC-\(Codes.code(number, key: mixed(seed &+ 101)))" : nil
    userId = role < Neighbourhood.webPeopleCount ? "u-\(Codes.code(number, key: mixed(seed &+ 102)))" : nil
    anonymousId =
      userId != nil && random.chance(25) ? "anon-\(Codes.code(number, key: mixed(seed &+ 103)))" : nil
    taste = Taste(group: random.below(Taste.groupCount), favourite: random.below(3))
    hasLapsed = random.chance(15)
    let lastDay = hasLapsed ? today - random.within(90...180) : today - random.below(4)
    let firstDay = random.chance(10) ? lastDay - random.within(120...180) : today - 365
    activeDays = firstDay..<lastDay
  }

  /// Two addresses of mail, the present and the former; the person's number makes them theirs alone.
  fileprivate mutating func setEmails(using random: inout SeededGenerator) {
    let first = Self.plain(givenName.formal)
    let last = Self.plain(formerSurname ?? surname)
    let tag = String(index, radix: 36)
    let domain = random.below(Vocabulary.mailDomains.count)
    email = "\(first).\(last)\(tag)@\(Vocabulary.mailDomains[domain])"
    formerEmail = "\(last)\(tag)@\(Vocabulary.mailDomains[(domain + 1) % Vocabulary.mailDomains.count])"
  }

  private static func another(than surname: String, using random: inout SeededGenerator) -> String {
    let other = random.pick(Vocabulary.surnames)
    return other == surname ? another(than: surname, using: &random) : other
  }

  /// The ASCII letters of a name, small: what people leave of it in an address.
  private static func plain(_ name: String) -> String {
    var letters: [UInt8] = []
    for byte in name.utf8 where UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 { letters.append(byte | 0x20) }
    return String(decoding: letters, as: UTF8.self)
  }
}
