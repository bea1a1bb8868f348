/// A system of the retailer that knows customers.
enum SourceSystem: String, CaseIterable, Sendable {
  case web, loyalty, crm, warranty

  /// Prefix of the system's own identifiers.
  var prefix: String {
    switch self {
    case .web: "W"
    case .loyalty: "K"
    case .crm: "C"
    case .warranty: "G"
    }
  }
}

/// One customer source record as a system would hand it over.
struct SourceRecord: Sendable {
  var system: SourceSystem
  var sourceId: String
  var personId: String
  var cases: [PlantedCase]
  var userId: String?
  var anonymousId: String?
  var firstName: String
  var lastName: String
  var email: String?
  var phone: String?
  /// Days since 1970-01-01.
  var birthDay: Int?
  var address: Address?
  var loyaltyId: String?
  /// Index of the product under warranty, and the day it was bought.
  var warranty: (product: Int, day: Int)?
  /// Service, marketing, profiling.
  var consents: [Bool]
  var updatedAtMs: Int

  /// The record as one line of NDJSON.
  func append(to out: inout [UInt8], catalogue: Catalogue) {
    out.append("{")
    out.append(member: "source", system.rawValue)
    out.append(member: "sourceId", sourceId)
    out.append(member: "userId", userId)
    out.append(member: "anonymousId", anonymousId)
    out.append(member: "firstName", firstName)
    out.append(member: "lastName", lastName)
    out.append(member: "email", email)
    out.append(member: "phone", phone)
    if let birthDay {
      out.append("\"birthDate\":\"")
      out.append(day: birthDay, separator: UInt8(ascii: "-"))
      out.append("\",")
    }
    if let address { append(address, to: &out) }
    out.append(member: "loyaltyId", loyaltyId)
    if let warranty {
      out.append("\"warranties\":[{")
      out.append(member: "productId", catalogue.products[warranty.product].id)
      out.append("\"purchasedAt\":\"")
      out.append(rfc3339: warranty.day * Instants.secondsPerDay * 1000)
      out.append("\",\"expiresAt\":\"")
      out.append(rfc3339: (warranty.day + 730) * Instants.secondsPerDay * 1000)
      out.append("\"}],")
    }
    for (name, given) in zip(["{\"service\":", ",\"marketing\":", ",\"profiling\":"], consents) {
      if name.first == "{" { out.append("\"consents\":") }
      out.append(name)
      out.append(given ? "true" : "false")
    }
    out.append("},\"updatedAt\":\"")
    out.append(rfc3339: updatedAtMs)
    out.append("\"}\n")
  }

  private func append(_ address: Address, to out: inout [UInt8]) {
    out.append("\"address\":{")
    out.append(member: "street", address.streetLine(abbreviated: system == .crm || system == .warranty))
    out.append(member: "city", system == .warranty ? address.city.uppercased() : address.city)
    out.append(member: "region", address.region)
    out.append(member: "postalCode", address.postalCode)
    out.append(member: "country", "US")
    out.close(with: "},")
  }
}
