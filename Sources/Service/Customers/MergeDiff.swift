import BSON
import HTTPServer
import Models
import Projection

/// What a change of identities does to customers, field by field, as `dry_run` and the answer of a merge show it.
struct MergeDiff: Sendable {
  let models: ModelService

  /// Fields of a person that are compared one by one.
  private static let fields = [
    "firstName", "lastName", "email", "phone", "birthDate", "address", "loyaltyId", "device", "geo", "lifetimeValue",
    "warranties", "attributes",
  ]

  /// `{before: [customer…], after: [customer…], fields: […]}`, without what the caller may not see.
  func document(_ customers: IdentityPreview.Customers, for call: Call) throws -> BSONDocument {
    let before = try sides(customers.before)
    let after = try sides(customers.after)
    let changed = Self.fields.filter { field in
      Set((customers.before + customers.after).map { $0[field] }).count > 1
    }
    return call.personalData.shown(
      BSONDocument { writer in
        writer.append("before", before)
        writer.append("after", after)
        writer.append(
          "fields",
          array: { array in
            for field in changed {
              array.append(document: {
                $0.append("field", field)
                $0.append("before", Self.values(field, customers.before))
                $0.append("after", Self.values(field, customers.after))
              })
            }
          })
      })
  }

  private static func values(_ field: String, _ customers: [BSONDocument]) -> [BSONDocument] {
    customers.compactMap { customer in
      guard let value = customer[field] else { return nil }
      return BSONDocument {
        $0.append("customerId", customer.string("_id") ?? "")
        // Under the field's own name, so that a mask knows what it is.
        $0.append(field, value)
      }
    }
  }

  /// Totals, consents and segments of customers.
  private func sides(_ customers: [BSONDocument]) throws -> [BSONDocument] {
    let segments = try models.segmentIds(ofCustomersAs: customers)
    return zip(customers, segments).map { customer, segments in
      BSONDocument { writer in
        writer.append("customerId", customer.string("_id") ?? "")
        writer.append("records", customer.array("records")?.count ?? 0)
        writer.append("identifiers", customer.array("identifiers")?.count ?? 0)
        writer.append(
          "totals",
          document: { totals in
            totals.append("events", customer.document("activity")?.int("events") ?? 0)
            let orders = customer.document("orders")
            for name in ["purchases", "returns", "refunds"] { totals.append(name, orders?.int(name) ?? 0) }
            for name in ["purchaseTotal", "givenBackTotal", "netTotal"] {
              totals.append(name, orders?.double(name) ?? 0)
            }
          })
        writer.append("consents", customer.document("consents") ?? BSONDocument())
        writer.append("segments", segments)
      }
    }
  }
}
