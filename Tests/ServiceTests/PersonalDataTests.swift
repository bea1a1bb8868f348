import BSON
import Store
import Testing

@testable import Service

@Suite struct PersonalDataTests {
  private let customer = BSONDocument { customer in
    customer.append("firstName", "Ada")
    customer.append("email", "ada@example.com")
    customer.append("phone", "+15550100123")
    customer.append("address") { address in
      address.append("street", "1 Main St")
      address.append("Street-Address", "2 Main St")
      address.append("city", "London")
    }
    customer.append("attributes") { attributes in
      attributes.append("second", "Ada.Byron@Example.com")
      attributes.append("numbers", ["+44 20 7946 0018", "12"])
      attributes.append("email", 5)
    }
    customer.append("identifiers") { list in
      list.append { entry in
        entry.append("type", "phone")
        entry.append("value", "+15550100123")
      }
    }
  }

  @Test func `an agent sees everything`() {
    #expect(PersonalData(for: [.agent]).shown(customer) == customer)
    #expect(PersonalData(for: [.marketer, .admin]).shown(customer) == customer)
  }

  @Test func `a marketer sees no street, number or address wherever it stands`() {
    let shown = PersonalData(for: [.marketer, .ingest]).shown(customer)
    #expect(shown.string("firstName") == "Ada")
    #expect(shown.string("email") == "a***@example.com")
    #expect(shown.string("phone") == "+***23")
    #expect(shown.document("address")?.string("street") == "***")
    #expect(shown.document("address")?.string("Street-Address") == "***")
    #expect(shown.document("address")?.string("city") == "London")
    let attributes = shown.document("attributes")
    #expect(attributes?.string("second") == "a***@example.com")
    #expect(attributes?.array("numbers")?.map(\.stringValue) == ["+***18", "12"])
    #expect(attributes?.int("email") == 5)
    #expect(shown.array("identifiers")?.first { _ in true }?.documentValue?.string("value") == "+***23")
  }
}
