import BSON
import HTTPServer
import Identity
import MongoDB
import Store

/// `GET /customers/lookup?q=`: candidates for what an agent has heard: a name, some digits of a telephone number, the number of an
/// order, a card or an account, an e-mail address. Ranked; each with what it matched on.
struct CustomerSearch: Sendable {
  let store: Store
  let region: PhoneRegion

  /// The longest question, in bytes.
  static let questionBytesMax = 200
  /// Candidates that are ranked, at the most.
  static let candidatesMax = 1_000
  /// Digits that a part of a telephone number must have.
  private static let digitsMin = 4

  /// Someone who may be meant.
  struct Candidate {
    let id: String
    let lastContact: BSONDate?
    var matchedOn: [String] = []
    var score = 0.0
  }

  /// Who may be meant, the likeliest first.
  func candidates(_ question: String, _ call: Call) throws -> [Candidate] {
    guard (2...Self.questionBytesMax).contains(question.utf8.count) else {
      throw Problem.unusable("q", "2 to \(Self.questionBytesMax) bytes long")
    }
    var found: [String: Candidate] = [:]
    func note(_ customers: [BSONDocument], _ reason: String, _ score: (BSONDocument) -> Double) {
      for customer in customers {
        guard let id = customer.string("_id") else { continue }
        var candidate =
          found[id] ?? Candidate(id: id, lastContact: customer.document("activity")?.date("lastSeenAt"))
        if !candidate.matchedOn.contains(reason) { candidate.matchedOn.append(reason) }
        candidate.score = max(candidate.score, score(customer))
        found[id] = candidate
      }
    }

    for (type, reason) in [
      (IdentifierType.email, "email"), (.phone, "phone"), (.loyalty, "loyaltyId"), (.user, "userId"),
    ] {
      guard let identifier = Identifier(type, question, region: region) else { continue }
      note(try claiming(identifier.key, call), reason) { _ in 1 }
    }
    if let subject = try store.orders.find(id: question, deadline: call.deadline)?.string("subject") {
      note(try claiming(subject, call), "orderId") { _ in 1 }
    }
    let digits = question.utf8.filter { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    if digits.count >= Self.digitsMin, question.unicodeScalars.allSatisfy({ !$0.properties.isAlphabetic }) {
      let text = String(decoding: digits, as: UTF8.self)
      for prefix in SearchKeys.prefixes(ofDigits: text) {
        // Every further digit makes it a tenth as likely to be somebody else's.
        note(try searching([prefix], call), "phone") { _ in 1 - 1 / Double(digits.count) }
      }
    }
    let words = SearchKeys.words(question).sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    if let longest = words.first, longest.utf8.count >= 2 {
      note(try searching(words.map { "n:" + $0 }, call), "name") { customer in
        let keys = Set((customer.array("searchKeys") ?? BSONArray()).compactMap(\.stringValue))
        let whole = words.count { keys.contains("n:" + $0) }
        return 0.5 * Double(whole + 1) / Double(words.count + 1)
      }
    }
    return found.values.sorted { a, b in
      if a.score != b.score { return a.score > b.score }
      if a.lastContact != b.lastContact {
        guard let mine = a.lastContact else { return false }
        guard let theirs = b.lastContact else { return true }
        return mine > theirs
      }
      return a.id.utf8.lexicographicallyPrecedes(b.id.utf8)
    }
  }

  private func claiming(_ key: String, _ call: Call) throws -> [BSONDocument] {
    try store.projections.customers(claiming: key, after: nil, limit: Self.candidatesMax, deadline: call.deadline)
  }

  private func searching(_ prefixes: [String], _ call: Call) throws -> [BSONDocument] {
    try store.projections.customers(withSearchKeys: prefixes, limit: Self.candidatesMax, deadline: call.deadline)
  }
}
