import BSON
import HTTPServer
import MongoDB
import Projection
import Store

/// Answers about how a customer's fields came about: `provenance=true`, and the customer of an earlier moment: `as_of`.
struct CustomerProvenance: Sendable {
  let store: Store
  let past: PastCustomer

  /// The query parameters.
  static let parameters = ["provenance", "as_of"]

  /// The moment that a query asks for; nil for the present.
  static func moment(_ query: HTTPQuery) throws(Problem) -> BSONDate? {
    guard let text = try query.one("as_of") else { return nil }
    // A plus sign that was not escaped arrives as the space that it stands for in a form.
    let plain = String(decoding: text.utf8.map { $0 == UInt8(ascii: " ") ? UInt8(ascii: "+") : $0 }, as: UTF8.self)
    guard let date = BSONDate(rfc3339: plain) else { throw .unusable("as_of", "a moment such as 2026-05-01T10:00:00Z") }
    return date
  }

  /// The customer as it stood at `moment`; 404 when no source knew of it then.
  func document(of customer: BSONDocument, at moment: BSONDate, _ call: Call) throws -> BSONDocument {
    guard let document = try past.document(of: customer, at: moment, deadline: call.deadline) else {
      throw Problem.notFound("No source knew of this customer then.")
    }
    return document
  }

  /// Each field with the rule that chose its value, where that comes from, and what lost.
  func provenance(of customer: BSONDocument, at moment: BSONDate?, _ call: Call) throws -> BSONDocument {
    let ids = customer.array("records")?.compactMap(\.stringValue) ?? []
    let records =
      if let moment {
        try store.customerRecords.versions(ofIds: ids, at: moment, deadline: call.deadline)
      } else {
        try store.customerRecords.find(ids: ids, deadline: call.deadline)
      }
    let rules = try store.currentIdentityRules(deadline: call.deadline)
    let pins = try store.pins.of(PastCustomer.identifiers(of: customer), deadline: call.deadline)
      .filter { pin in moment.map { pin.held(at: $0) } ?? (pin.undone == nil) }
    return BSONDocument { writer in
      for field in FieldProvenance.fields(of: records, under: rules.survivorship, pins: pins) {
        writer.append(
          field.field,
          document: { entry in
            entry.append("rule", field.rule)
            entry.append("value", shown(field.value, of: field.field, to: call))
            if let pin = field.pin {
              entry.append(
                "pin",
                document: {
                  $0.append("id", pin.id)
                  $0.append("actor", pin.made.actor)
                  $0.append("reason", pin.made.reason)
                  $0.append("at", pin.made.at)
                })
            }
            entry.append("from", field.winners.map { Self.document($0) })
            entry.append(
              "losers",
              field.losers.map { origin in
                Self.document(origin, value: shown(origin.value, of: field.field, to: call))
              })
          })
      }
    }
  }

  /// A value as the caller may see it: the mask goes by the names of fields.
  private func shown(_ value: BSONValue, of field: String, to call: Call) -> BSONValue {
    call.personalData.shown(BSONDocument { $0.append(field, value) })[field] ?? .null
  }

  private static func document(_ origin: FieldProvenance.Origin, value: BSONValue? = nil) -> BSONDocument {
    BSONDocument { writer in
      if let value { writer.append("value", value) }
      writer.append("record", origin.record)
      writer.append("source", origin.source)
      if let updatedAt = origin.updatedAt {
        writer.append("updatedAt", updatedAt)
      } else {
        writer.appendNull("updatedAt")
      }
    }
  }
}
