import BSON

/// What an agent asks a caller when several customers share what was searched for, as a household shares a telephone. It tells them apart and
/// gives no answer away: the field is named, no value of it.
enum VerificationQuestion {
  /// Customers that are looked at, at the most.
  static let customersMax = 20

  /// In the order in which they are preferred among equals: what few others know comes first.
  private static let questions: [(field: String, text: String)] = [
    ("birthDate", "What is your date of birth?"),
    ("address.postalCode", "What is the postal code of your address?"),
    ("loyaltyId", "What is the number of your loyalty card?"),
    ("email", "Which e-mail address do you use with us?"),
  ]

  /// The fields of a customer that are read.
  static let fields = ["birthDate", "address", "loyaltyId", "email"]

  /// The question that picks out most of these customers, `{field, question}`; nil when they are fewer than two or nothing sets them apart.
  static func document(for customers: [BSONDocument]) -> BSONDocument? {
    guard customers.count > 1 else { return nil }
    var best: (field: String, text: String, told: Int)?
    for (field, text) in questions {
      var counts: [ByteText: Int] = [:]
      for customer in customers {
        if let value = value(of: field, in: customer) { counts[value, default: 0] += 1 }
      }
      // Those whose answer nobody else could give.
      let told = counts.values.count { $0 == 1 }
      if told > (best?.told ?? 0), counts.count > 1 { best = (field, text, told) }
    }
    return best.map { best in
      BSONDocument {
        $0.append("field", best.field)
        $0.append("question", best.text)
      }
    }
  }

  private typealias ByteText = [UInt8]

  private static func value(of field: String, in customer: BSONDocument) -> ByteText? {
    let text =
      field == "address.postalCode"
      ? customer.document("address")?.string("postalCode") : customer.string(field)
    let plain = (text ?? "").utf8.filter { $0 > 0x20 }.map { $0 >= 65 && $0 <= 90 ? $0 | 0x20 : $0 }
    return plain.isEmpty ? nil : plain
  }
}
