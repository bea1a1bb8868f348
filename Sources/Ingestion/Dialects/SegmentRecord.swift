import BSON
import Store

/// What `identify` or `alias` says of a person, as a customer record.
///
/// An `identify` carries some traits and leaves the others as they were. Records are kept whole, so one record stands
/// for one person and one set of trait names: a later message with the same names replaces it, one with other names
/// stands beside it, and the golden record takes each field from where it is most recent.
struct SegmentRecord {
  private let source: String
  private let person: SegmentPerson
  private let sourceId: String
  private let traits: BSONDocument

  /// Nil for calls that say nothing of the person.
  init?(_ message: BSONDocument, _ call: SegmentCall, source: String) throws(Fault) {
    guard call == .identify || call == .alias else { return nil }
    self.source = source
    person = try SegmentPerson(message, call)
    let context = message.document("context")?.document("traits")
    traits = call == .identify ? message.document("traits") ?? context ?? BSONDocument() : BSONDocument()
    let names = traits.filter { $0.type != .null }.map(\.key).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    // Nothing is learned of somebody who has one id and no traits.
    guard person.isKnown, !names.isEmpty || person.hasTwoIds else { return nil }
    sourceId = person.sourceId(["traits"] + names)
  }

  /// The record as the object that it would be in JSON.
  func input(updatedAt: BSONDate) -> BSONDocument {
    BSONDocument { input in
      input.append("source", source)
      input.append("sourceId", sourceId)
      person.append(to: &input)
      input.append("updatedAt", updatedAt)
      let known = appendKnownTraits(to: &input)
      input.append(
        "attributes",
        document: { attributes in
          for trait in traits where !known.contains(trait.key) { attributes.append(trait) }
        })
    }
  }

  /// Writes the traits that records have fields for, where they hold what the field holds; returns their names.
  private func appendKnownTraits(to input: inout BSONWriter) -> Set<String> {
    var known: Set<String> = []
    for (field, names) in [
      ("email", ["email"]), ("phone", ["phone"]), ("loyaltyId", ["loyaltyId", "loyalty_id"]),
      ("firstName", ["firstName", "first_name"]), ("lastName", ["lastName", "last_name"]),
    ] {
      if let name = offer(Schema.customer, field, from: traits, names, to: &input) { known.insert(name) }
    }
    if known.isDisjoint(with: ["firstName", "first_name", "lastName", "last_name"]), let name = traits.string("name") {
      let parts = name.utf8.split(separator: UInt8(ascii: " ")).compactMap { String($0) }
      if parts.count > 1, !name.utf8.contains(0) {
        input.append("firstName", parts.dropLast().joined(separator: " "))
        input.append("lastName", parts[parts.count - 1])
        known.insert("name")
      }
    }
    if let date = traits.string("birthday").flatMap({ String($0.utf8.prefix(10)) }), date.utf8.count == 10,
      day(ofText: date.utf8Span.span) != nil
    {
      input.append("birthDate", date)
      known.insert("birthday")
    }
    if let address = traits.document("address") {
      input.append("address", document: { inner in appendAddress(address, to: &inner) })
      known.insert("address")
    }
    return known
  }

  private func appendAddress(_ address: BSONDocument, to input: inout BSONWriter) {
    var known: Set<String> = []
    for (field, names) in [
      ("street", ["street"]), ("city", ["city"]), ("region", ["state", "region"]),
      ("postalCode", ["postalCode", "postal_code", "zip"]), ("country", ["country"]),
    ] {
      if let name = offer(Schema.address, field, from: address, names, to: &input) { known.insert(name) }
    }
    for element in address where !known.contains(element.key) && Schema.address.match(element.keyBytes) == .unknown {
      if !isOperatorOrPath(element.keyBytes), element.type == .string { input.append(element) }
    }
  }

  /// Writes a field from the first of its names that holds a value fit for it; returns that name.
  private func offer(
    _ schema: Schema, _ field: String, from document: BSONDocument, _ names: [String], to input: inout BSONWriter
  ) -> String? {
    let kind = schema.fields[schema.slot(field)]
    return names.first { name in
      guard let element = document.element(name), element.type != .null else { return false }
      return (try? FieldWriter(isTextual: false).append(element, as: kind, to: &input)) != nil
    }
  }
}
