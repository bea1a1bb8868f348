import BSON
import Store

/// What a person consented to, from a message's consent stamp: `context.consent.categoryPreferences`, a boolean a category.
///
/// One record stands for a person's consents, so that a later stamp replaces an earlier one. A category that is one of our
/// purposes in another case is that purpose; others keep their names.
struct SegmentConsent {
  /// The event by which Segment's consent managers tell of a changed mind.
  static let eventName = "Segment Consent Preference Updated"
  /// The purposes that the product knows.
  static let purposes = ["service", "marketing", "profiling"]

  private let source: String
  private let person: SegmentPerson
  private let consents: [(purpose: String, isGiven: Bool)]

  /// Nil for messages that do not tell of a decision: others carry the stamp along as it was.
  init?(_ message: BSONDocument, _ call: SegmentCall, _ consent: BSONDocument, source: String) throws(Fault) {
    let isDecision = call == .identify || (call == .track && message.string("event") == Self.eventName)
    guard isDecision, let preferences = consent.document("categoryPreferences") else { return nil }
    self.source = source
    person = try SegmentPerson(message, call)
    var seen: Set<ByteString> = []
    consents = preferences.compactMap { element in
      guard let isGiven = element.value.boolValue, !isOperatorOrPath(element.keyBytes), !element.keyBytes.isEmpty else {
        return nil
      }
      let purpose = Self.purposes.first { element.key.lowercased() == $0 } ?? element.key
      return seen.insert(ByteString(purpose)).inserted ? (purpose, isGiven) : nil
    }
    guard person.isKnown, !consents.isEmpty else { return nil }
  }

  /// The record as the object that it would be in JSON.
  func input(updatedAt: BSONDate) -> BSONDocument {
    BSONDocument { input in
      input.append("source", source)
      input.append("sourceId", person.sourceId(["consents"]))
      person.append(to: &input)
      input.append("updatedAt", updatedAt)
      input.append(
        "consents",
        document: { inner in
          for consent in consents { inner.append(consent.purpose, consent.isGiven) }
        })
    }
  }
}
