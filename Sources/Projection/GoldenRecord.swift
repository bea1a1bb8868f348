import BSON
import Identity
import Store

/// The fields of a person, chosen from its source records by the survivorship rules; what lost is still at hand.
///
/// Among values that a rule holds for equal the more recent one survives; records without a time come last, and among equals
/// the lower record key decides, so that the choice never depends on arrival. What a person has pinned survives whatever
/// records say.
struct GoldenRecord {
  /// One record's value of a field.
  struct Candidate {
    let value: BSONValue
    /// `source/sourceId`.
    let record: String
    let source: String
    let updatedAt: BSONDate?
    let isVerified: Bool
  }

  /// What was chosen for a field.
  struct Choice {
    let rule: SurvivorshipRules.Rule
    /// What stands in the golden record.
    let value: BSONValue
    /// Whose value survives; all of them for a union.
    let winners: [Candidate]
    /// The others, the most recent first.
    let losers: [Candidate]
    /// The pin that decided, whatever the rule.
    var pin: PinnedValue?
  }

  /// The most recent first.
  private let records: [BSONDocument]
  private let rules: SurvivorshipRules
  /// The pin that holds of each field: of several, as after a merge, the latest.
  private let pins: [ByteString: PinnedValue]

  init(records: [BSONDocument], rules: SurvivorshipRules = SurvivorshipRules(), pins: [PinnedValue] = []) {
    self.rules = rules
    var latest: [ByteString: PinnedValue] = [:]
    for pin in pins {
      if let known = latest[ByteString(pin.field)],
        (known.made.at, ByteString(known.id)) > (pin.made.at, ByteString(pin.id))
      {
        continue
      }
      latest[ByteString(pin.field)] = pin
    }
    self.pins = latest
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

  /// The fields that some record has: single ones, warranties, attributes by name.
  var fields: [String] {
    let single = SurvivorshipRules.singleFields.filter { field in
      pins[ByteString(field)] != nil || records.contains { $0[field].map(isEmpty) == false }
    }
    let warranties = records.contains { $0.array("warranties")?.count ?? 0 > 0 } ? [SurvivorshipRules.warranties] : []
    return single + warranties + attributeNames.map { SurvivorshipRules.attributePrefix + $0 }
  }

  func append(to writer: inout BSONWriter) {
    for field in SurvivorshipRules.singleFields {
      if let choice = choice(of: field) { writer.append(field, choice.value) }
    }
    if let warranties = choice(of: SurvivorshipRules.warranties) { writer.append("warranties", warranties.value) }
    let attributes = attributeNames
    if !attributes.isEmpty {
      writer.append(
        "attributes",
        document: { document in
          for name in attributes {
            if let choice = choice(of: SurvivorshipRules.attributePrefix + name) { document.append(name, choice.value) }
          }
        })
    }
    appendConsents(to: &writer)
  }

  /// What survives of a field; nil when no record has it.
  func choice(of field: String) -> Choice? {
    let candidates = candidates(of: field)
    let rule = rules.rule(of: field)
    if let pin = pins[ByteString(field)] {
      return Choice(rule: rule, value: pin.value, winners: [], losers: candidates, pin: pin)
    }
    guard !candidates.isEmpty else { return nil }
    if rule == .union {
      var seen: Set<BSONValue> = []
      var values: [BSONValue] = []
      for candidate in candidates {
        for value in candidate.value.arrayValue.map(Array.init) ?? [candidate.value] where seen.insert(value).inserted {
          values.append(value)
        }
      }
      let all = BSONArray { array in for value in values { array.append(value) } }
      return Choice(rule: rule, value: .array(all), winners: candidates, losers: [])
    }
    let winner = winner(among: candidates, by: rule)
    var losers = candidates
    let won = losers.remove(at: winner)
    return Choice(rule: rule, value: won.value, winners: [won], losers: losers)
  }

  // MARK: Choosing

  /// The position of the value that survives; candidates come with the most recent first.
  private func winner(among candidates: [Candidate], by rule: SurvivorshipRules.Rule) -> Int {
    switch rule {
    case .mostRecent, .union: return 0
    case .sourcePriority(let sources):
      func rank(_ candidate: Candidate) -> Int {
        sources.firstIndex { $0.utf8.elementsEqual(candidate.source.utf8) } ?? sources.count
      }
      return first(candidates) { rank($0) < rank($1) }
    case .verified: return first(candidates) { $0.isVerified && !$1.isVerified }
    case .mostFrequent:
      var counts: [BSONValue: Int] = [:]
      for candidate in candidates { counts[Self.plain(candidate.value), default: 0] += 1 }
      return first(candidates) { counts[Self.plain($0.value)] ?? 0 > counts[Self.plain($1.value)] ?? 0 }
    case .nonEmpty: return candidates.count - 1
    case .min: return first(candidates) { Self.precedes($0.value, $1.value) }
    case .max: return first(candidates) { Self.precedes($1.value, $0.value) }
    }
  }

  /// The first position that no other beats.
  private func first(_ candidates: [Candidate], beats: (Candidate, Candidate) -> Bool) -> Int {
    var best = 0
    for index in candidates.indices where beats(candidates[index], candidates[best]) { best = index }
    return best
  }

  private static func plain(_ value: BSONValue) -> BSONValue {
    guard case .string(let text) = value else { return value }
    let bytes = Array(text.lowercased().utf8)
    let start = bytes.firstIndex { $0 != UInt8(ascii: " ") } ?? bytes.endIndex
    let end = bytes.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? start
    return .string(String(decoding: bytes[start..<end], as: UTF8.self))
  }

  /// Numbers before dates before texts before everything else; texts by their bytes.
  private static func precedes(_ a: BSONValue, _ b: BSONValue) -> Bool {
    switch (a.doubleValue, b.doubleValue, a.dateValue, b.dateValue, a.stringValue, b.stringValue) {
    case (let a?, let b?, _, _, _, _): a < b
    case (.some, nil, _, _, _, _): true
    case (nil, .some, _, _, _, _): false
    case (_, _, let a?, let b?, _, _): a < b
    case (_, _, .some, nil, _, _): true
    case (_, _, nil, .some, _, _): false
    case (_, _, _, _, let a?, let b?): ByteString(a) < ByteString(b)
    case (_, _, _, _, .some, nil): true
    default: false
    }
  }

  // MARK: Reading records

  private func candidates(of field: String) -> [Candidate] {
    records.compactMap { record in
      guard let value = Self.value(of: field, in: record), !isEmpty(value) else { return nil }
      let attributes = record.document("attributes")
      let isListed = attributes?.array("verified")?.contains { $0.stringValue == field } ?? false
      return Candidate(
        value: value, record: record.string("_id") ?? "", source: record.string("source") ?? "",
        updatedAt: record.date("updatedAt"), isVerified: isListed || attributes?.bool(field + "Verified") == true)
    }
  }

  private static func value(of field: String, in record: BSONDocument) -> BSONValue? {
    guard field.utf8.starts(with: SurvivorshipRules.attributePrefix.utf8) else { return record[field] }
    return record.document("attributes")?[String(field.dropFirst(SurvivorshipRules.attributePrefix.count))]
  }

  private var attributeNames: [String] {
    var names: Set<ByteString> = []
    for record in records {
      for element in record.document("attributes") ?? BSONDocument() where !isEmpty(element.value) {
        names.insert(ByteString(element.key))
      }
    }
    let prefix = SurvivorshipRules.attributePrefix
    for pin in pins.values where pin.field.hasPrefix(prefix) {
      names.insert(ByteString(String(pin.field.dropFirst(prefix.count))))
    }
    return names.sorted().map(\.string)
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
