import BSON
import RecordLinkage

extension PersonRecord {
  /// What a stored customer record says of a person.
  init?(stored record: BSONDocument) {
    guard let id = record.string("_id") else { return nil }
    let address = record.document("address")
    self.init(
      id: id, source: record.string("source") ?? "", givenName: record.string("firstName") ?? "",
      surname: record.string("lastName") ?? "", email: record.string("email") ?? "",
      phone: record.string("phone") ?? "", birthDate: record.string("birthDate") ?? "",
      street: address?.string("street") ?? "", city: address?.string("city") ?? "",
      region: address?.string("region") ?? "", postcode: address?.string("postalCode") ?? "",
      loyaltyId: record.string("loyaltyId") ?? "")
  }
}
