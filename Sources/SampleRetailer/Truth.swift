extension SourceRecord {
  static let truthHeader = "source,sourceId,personId,cases\n"

  /// The record's line of the identity truth.
  func appendTruth(to out: inout [UInt8]) {
    out.append("\(system.rawValue),\(sourceId),\(personId),")
    out.append(cases.map(\.rawValue).sorted().joined(separator: " "))
    out.append("\n")
  }
}

extension Person {
  static let truthHeader =
    "personId,userId,loyaltyId,tier,tasteGroup,favouriteCategory,lapsed,householdId,firstName,lastName,email,phone,"
    + "birthDate\n"

  /// The person's line of the truth about people.
  func appendTruth(to out: inout [UInt8]) {
    let favourite = Department.all[Taste.categories(of: taste.group)[taste.favourite]].name
    out.append(
      "\(id),\(userId ?? ""),\(loyaltyId ?? ""),\(tier.rawValue),\(taste.group + 1),\(favourite),\(hasLapsed),")
    out.append("H\(Codes.padded(household, 7)),\(givenName.formal),\(surname),\(email),\(phone.e164),")
    out.append(day: birthDay, separator: UInt8(ascii: "-"))
    out.append("\n")
  }
}
