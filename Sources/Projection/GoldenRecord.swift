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

  /// A source record, with what the choice of every field asks of it.
  private struct Record {
    let document: BSONDocument
    let id: String
    let source: String
    let updatedAt: BSONDate?
    /// The fields that it calls verified itself.
    let verified: Set<ByteString>
  }

  /// The most recent first.
  private let records: [Record]
  /// The attributes that are not empty, by name, and by record in its order: a record may have a hundred thousand of them.
  private let attributes: [ByteString: [(record: Int, value: BSONValue)]]
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
    let recent = records.map { document in
      let listed = document.document("attributes")?.array("verified")
      return Record(
        document: document, id: document.string("_id") ?? "", source: document.string("source") ?? "",
        updatedAt: document.date("updatedAt"),
        verified: Set((listed.map(Array.init) ?? []).compactMap { $0.stringValue.map { ByteString($0) } }))
    }.sorted { a, b in
      if a.updatedAt != b.updatedAt {
        guard let left = a.updatedAt else { return false }
        guard let right = b.updatedAt else { return true }
        return left > right
      }
      return ByteString(a.id) < ByteString(b.id)
    }
    self.records = recent
    var attributes: [ByteString: [(record: Int, value: BSONValue)]] = [:]
    for (index, record) in recent.enumerated() {
      for element in record.document.document("attributes") ?? BSONDocument() where !Self.isEmpty(element.value) {
        attributes[ByteString(element.key), default: []].append((index, element.value))
      }
    }
    self.attributes = attributes
  }

  /// Latest source time of the records.
  var latest: BSONDate? { records.compactMap(\.updatedAt).max() }

  /// The fields that some record has: single ones, warranties, attributes by name.
  var fields: [String] {
    let single = SurvivorshipRules.singleFields.filter { field in
      pins[ByteString(field)] != nil || records.contains { $0.document[field].map(Self.isEmpty) == false }
    }
    let hasWarranties = records.contains { $0.document.array("warranties")?.count ?? 0 > 0 }
    let warranties = hasWarranties ? [SurvivorshipRules.warranties] : []
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
    let flags = attributes[ByteString(field + "Verified")] ?? []
    let flagged = Set(flags.filter { $0.value.boolValue == true }.map(\.record))
    func candidate(_ index: Int, _ value: BSONValue) -> Candidate {
      let record = records[index]
      return Candidate(
        value: value, record: record.id, source: record.source, updatedAt: record.updatedAt,
        isVerified: flagged.contains(index) || record.verified.contains(ByteString(field)))
    }
    let prefix = SurvivorshipRules.attributePrefix
    if field.utf8.starts(with: prefix.utf8) {
      let name = ByteString(String(field.dropFirst(prefix.count)))
      return (attributes[name] ?? []).map { candidate($0.record, $0.value) }
    }
    return records.indices.compactMap { index in
      guard let value = records[index].document[field], !Self.isEmpty(value) else { return nil }
      return candidate(index, value)
    }
  }

  private var attributeNames: [String] {
    var names = Set(attributes.keys)
    let prefix = SurvivorshipRules.attributePrefix
    for pin in pins.values where pin.field.hasPrefix(prefix) {
      names.insert(ByteString(String(pin.field.dropFirst(prefix.count))))
    }
    return names.sorted().map(\.string)
  }

  private static func isEmpty(_ value: BSONValue) -> Bool {
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
      guard let given = record.document.document("consents") else { continue }
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
