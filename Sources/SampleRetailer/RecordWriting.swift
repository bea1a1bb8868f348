extension Neighbourhood {
  /// The source records of the neighbourhood in no telling order: 36, and a test account in every fourth neighbourhood.
  func records(seed: UInt64, today: Int, catalogue: Catalogue) -> [SourceRecord] {
    var random = SeededGenerator(seed: seed, .records, index)
    var records = people.filter { $0.userId != nil }.map { Self.webRecord($0, seed, today, using: &random) }
    for plan in RecordPlan.extras {
      records.append(
        Self.extraRecord(plan, people[plan.role], seed, today, productCount: catalogue.products.count, using: &random))
    }
    if index % 4 == 0 { records.append(testAccount(seed, today, using: &random)) }
    return random.permutation(records.count).map { records[$0] }
  }

  /// A record with what every system knows: the name, the home, and when it changed.
  private static func blank(
    _ system: SourceSystem, _ person: Person, _ seed: UInt64, updatedDay: Int, using random: inout SeededGenerator
  ) -> SourceRecord {
    let key = mixed(seed &+ 200 &+ UInt64(system.prefix.utf8.first ?? 0))
    return SourceRecord(
      system: system, sourceId: "\(system.prefix)-\(Codes.code(person.index, key: key))", personId: person.id,
      cases: [],
      firstName: person.givenName.formal, lastName: person.formerSurname ?? person.surname, address: person.address,
      consents: [!random.chance(3), random.chance(60), random.chance(70)],
      updatedAtMs: (updatedDay * Instants.secondsPerDay + random.below(Instants.secondsPerDay)) * 1000)
  }

  private static func webRecord(
    _ person: Person, _ seed: UInt64, _ today: Int, using random: inout SeededGenerator
  ) -> SourceRecord {
    var record = blank(.web, person, seed, updatedDay: today - random.within(60...300), using: &random)
    record.cases = RecordPlan.webCases(role: person.role)
    record.userId = person.userId
    record.anonymousId = person.anonymousId
    record.email = Spelling.email(person.email, using: &random)
    if RecordPlan.webPhoneRoles.contains(person.role) || random.chance(80) {
      record.phone = person.phone.spelled(using: &random)
      if person.role == 4 || person.role == 5 { record.cases.append(.sharedPhone) }
    }
    // Role 15's other record can be found by name, birth date and home alone, so these must be here.
    if person.role == 15 || random.chance(40) { record.birthDay = person.birthDay }
    // Role 9 moved after the web record was written: the shop still has the former home.
    if person.role == 9 { record.address = person.formerAddress }
    if person.role != 15, person.role != 9, random.chance(25) { record.address = nil }
    if RecordPlan.webCardRoles.contains(person.role) { record.loyaltyId = person.loyaltyId }
    return record
  }

  private static func extraRecord(
    _ plan: RecordPlan, _ person: Person, _ seed: UInt64, _ today: Int, productCount: Int,
    using random: inout SeededGenerator
  ) -> SourceRecord {
    var record = blank(plan.system, person, seed, updatedDay: today - random.within(plan.age), using: &random)
    let traits = plan.traits
    record.cases = plan.cases
    if traits.contains(.nickname) { record.firstName = person.givenName.nickname ?? record.firstName }
    if traits.contains(.newSurname) { record.lastName = person.surname }
    if traits.contains(.slippedName) { record.lastName = Spelling.typo(in: record.lastName, using: &random) }
    if traits.contains(.email) { record.email = Spelling.email(person.email, using: &random) }
    if traits.contains(.formerEmail) { record.email = person.formerEmail }
    if traits.contains(.slippedEmail) { record.email = Spelling.typo(in: person.email, using: &random) }
    if traits.contains(.phone) { record.phone = person.phone.spelled(using: &random) }
    if traits.contains(.formerPhone) { record.phone = person.formerPhone?.spelled(using: &random) }
    if traits.contains(.zeroPhone) { record.phone = "000-000-0000" }
    if traits.contains(.birthDate) { record.birthDay = person.birthDay }
    if traits.contains(.formerAddress) { record.address = person.formerAddress }
    if traits.contains(.slippedStreet), let street = record.address?.street {
      record.address?.street = Spelling.typo(in: street, using: &random)
    }
    if plan.system == .loyalty || person.role == 19 { record.loyaltyId = person.loyaltyId }
    if traits.contains(.blockedCard) {
      record.loyaltyId = "-1"
      record.anonymousId = "anonymous"
    }
    if plan.system == .warranty {
      record.warranty = (random.below(productCount), today - random.within(20...700))
    }
    return record
  }

  private func testAccount(_ seed: UInt64, _ today: Int, using random: inout SeededGenerator) -> SourceRecord {
    let number = index * Self.peopleCount
    let key = mixed(seed &+ 300)
    return SourceRecord(
      system: .web, sourceId: "W-TEST-\(Codes.code(number, key: key))", personId: "TEST", cases: [.testAccount],
      userId: "test-\(Codes.code(number, key: key &+ 1))", firstName: random.pick(["Test", "test", "asdf"]),
      lastName: "Test", email: "test@example.com", phone: "000-000-0000", consents: [true, false, false],
      updatedAtMs: (today - random.within(10...900)) * Instants.secondsPerDay * 1000)
  }
}
