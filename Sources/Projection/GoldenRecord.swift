import BSON
import Store

/// The fields of a person, chosen from its source records: for each the most recent non-empty value.
///
/// Records without a time come last; among equals the lower record key decides, so that the choice never depends on arrival.
struct GoldenRecord {
  private let records: [BSONDocument]

  init(records: [BSONDocument]) {
    self.records = records.sorted { a, b in
      let (left, right) = (a.date("updatedAt"), b.date("updatedAt"))
      if left != right {
        guard let left else { return false }
        guard let right else { return true }
        return left > right
      }
      return ByteString(a.string("_id") ?? "") < ByteString(b.string("_id") ?? "")
    }
  }

  /// Latest source time of the records.
  var latest: BSONDate? { records.compactMap { $0.date("updatedAt") }.max() }

  static let singleFields: [String] = [
    "firstName", "lastName", "email", "phone", "birthDate", "address", "loyaltyId", "device", "geo", "lifetimeValue",
  ]

  func append(to writer: inout BSONWriter) {
    for field in Self.singleFields {
      if let value = records.lazy.compactMap({ $0[field] }).first(where: { !isEmpty($0) }) {
        writer.append(field, value)
      }
    }
    appendWarranties(to: &writer)
    appendAttributes(to: &writer)
    appendConsents(to: &writer)
  }

  private func isEmpty(_ value: BSONValue) -> Bool {
    switch value {
    case .null, .undefined: true
    case .string(let text): text.utf8.allSatisfy { $0 == UInt8(ascii: " ") }
    case .document(let document): document.isEmpty
    case .array(let array): array.count == 0
    default: false
    }
  }

  /// The union of all warranties, each once.
  private func appendWarranties(to writer: inout BSONWriter) {
    var seen: Set<BSONValue> = []
    var warranties: [BSONValue] = []
    for record in records {
      for warranty in record.array("warranties") ?? BSONArray() where seen.insert(warranty).inserted {
        warranties.append(warranty)
      }
    }
    guard !warranties.isEmpty else { return }
    writer.append("warranties", array: { array in for warranty in warranties { array.append(warranty) } })
  }

  /// For each attribute the most recent value, sorted by name.
  private func appendAttributes(to writer: inout BSONWriter) {
    var attributes: [ByteString: BSONValue] = [:]
    for record in records {
      guard let given = record.document("attributes") else { continue }
      for element in given where !isEmpty(element.value) {
        let key = ByteString(element.key)
        if attributes[key] == nil { attributes[key] = element.value }
      }
    }
    guard !attributes.isEmpty else { return }
    writer.append(
      "attributes",
      document: { document in
        for (key, value) in attributes.sorted(by: { $0.key < $1.key }) { document.append(key.string, value) }
      })
  }

  /// A purpose is consented to when some record says so and none denies it.
  private func appendConsents(to writer: inout BSONWriter) {
    var consents: [ByteString: Bool] = [:]
    for record in records {
      guard let given = record.document("consents") else { continue }
      for element in given {
        guard let consent = element.value.boolValue else { continue }
        consents[ByteString(element.key)] = (consents[ByteString(element.key)] ?? true) && consent
      }
    }
    guard !consents.isEmpty else { return }
    writer.append(
      "consents",
      document: { document in
        for (purpose, consent) in consents.sorted(by: { $0.key < $1.key }) { document.append(purpose.string, consent) }
      })
  }
}
