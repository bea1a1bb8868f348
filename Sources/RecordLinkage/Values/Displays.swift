/// How names are written by people: which accents, blanks and hyphens stand in a folded name.
struct Displays: Sendable {
  private let givenNames: Lexicon
  private let surnames: Lexicon
  private var givenForms: [[UInt8]: [UInt32]] = [:]
  private var surnameForms: [[UInt8]: [UInt32]] = [:]
  /// The share of records that leave accents out, among those of persons with accents.
  private var plainShare = 0.2

  init(_ table: RecordTable, _ originals: Originals, _ groups: [[UInt32]]) {
    givenNames = originals.givenNames
    surnames = originals.surnames
    for id in 1..<UInt32(max(1, givenNames.count)) { givenForms[Self.folded(givenNames[id]), default: []].append(id) }
    for id in 1..<UInt32(max(1, surnames.count)) { surnameForms[Self.folded(surnames[id]), default: []].append(id) }
    var plain = 2.0, accented = 8.0
    for group in groups where group.count > 2 {
      for (column, lexicon) in [(\Originals.Row.given, givenNames), (\.surname, surnames)]
        as [(KeyPath<Originals.Row, UInt32>, Lexicon)]
      {
        let values = group.map { originals.rows[Int($0)][keyPath: column] }.filter { $0 > 0 }
        guard let marked = values.first(where: { Self.hasAccent(lexicon[$0]) }) else { continue }
        let name = Self.folded(lexicon[marked])
        for value in values where Self.folded(lexicon[value]) == name {
          if Self.hasAccent(lexicon[value]) { accented += 1 } else { plain += 1 }
        }
      }
    }
    plainShare = plain / (plain + accented)
  }

  func given(_ name: [UInt8], _ written: [Originals.Row]) -> GoldenValue {
    value(name, written.map { givenNames[$0.given] } + written.map { surnames[$0.surname] }, givenForms, givenNames)
  }

  func surname(_ name: [UInt8], _ written: [Originals.Row]) -> GoldenValue {
    value(name, written.map { surnames[$0.surname] } + written.map { givenNames[$0.given] }, surnameForms, surnames)
  }

  private func value(_ name: [UInt8], _ written: [ArraySlice<UInt8>], _ forms: [[UInt8]: [UInt32]], _ lexicon: Lexicon)
    -> GoldenValue
  {
    var counts: [ArraySlice<UInt8>: Int] = [:]
    for text in written where !text.isEmpty && Self.folded(text) == name { counts[text, default: 0] += 1 }
    let known = forms[name] ?? []
    func frequency(_ text: ArraySlice<UInt8>) -> UInt32 {
      known.first { lexicon[$0] == text }.map { lexicon.counts[Int($0)] } ?? 0
    }
    // Accents are left out, but not made up.
    let best = counts.max { a, b in
      let left = (Self.hasAccent(a.key) ? 1 : 0, a.value, frequency(a.key)),
        right = (Self.hasAccent(b.key) ? 1 : 0, b.value, frequency(b.key))
      return left != right ? left < right : b.key.lexicographicallyPrecedes(a.key)
    }
    if let best, Self.hasAccent(best.key) { return GoldenValue(text: text(best.key), support: best.value) }
    let plain = known.filter { !Self.hasAccent(lexicon[$0]) }.reduce(0.0) { $0 + Double(lexicon.counts[Int($1)]) }
    let accented = known.filter { Self.hasAccent(lexicon[$0]) }
    let marked = accented.reduce(0.0) { $0 + Double(lexicon.counts[Int($1)]) }
    // Of the plain spellings, as many as accented ones explain stand for those.
    if let commonest = accented.max(by: { (lexicon.counts[Int($0)], $1) < (lexicon.counts[Int($1)], $0) }),
      marked * plainShare / (1 - plainShare) >= 0.5 * max(plain, 1), best.map({ $0.value < 4 }) ?? true
    {
      return GoldenValue(text: lexicon.text(commonest), support: 0)
    }
    if let best { return GoldenValue(text: text(best.key), support: best.value) }
    let commonest = known.max { (lexicon.counts[Int($0)], $1) < (lexicon.counts[Int($1)], $0) }
    return GoldenValue(text: commonest.map { lexicon.text($0) } ?? String(decoding: name, as: UTF8.self), support: 0)
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func hasAccent(_ text: ArraySlice<UInt8>) -> Bool { text.contains { $0 >= 0x80 } }

  private static func folded(_ text: ArraySlice<UInt8>) -> [UInt8] {
    Array(FoldedText.words(FoldedText.fold(String(decoding: text, as: UTF8.self))).joined())
  }
}

/// How often each source agrees with the others about a person, field by field.
struct SourceReliability: Sendable {
  private var shares: [UInt64: Double] = [:]

  init(_ table: RecordTable, _ groups: [[UInt32]]) {
    var agreed: [UInt64: (right: Double, all: Double)] = [:]
    for group in groups where group.count > 2 {
      for (field, column) in [
        (LinkageField.email, \RecordTable.Row.email), (.phone, \.phoneValue), (.birthDate, \.dateValue),
      ] as [(LinkageField, KeyPath<RecordTable.Row, UInt32>)] {
        let values = group.map { table.rows[Int($0)][keyPath: column] }.filter { $0 > 0 }
        var counts: [UInt32: Int] = [:]
        for value in values { counts[value, default: 0] += 1 }
        // Only where most records agree is there anything to be right about.
        guard values.count > 2, let most = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
          most.value * 2 > values.count
        else { continue }
        for record in group {
          let row = table.rows[Int(record)]
          if row[keyPath: column] == 0 { continue }
          let key = UInt64(field.rawValue) << 32 | UInt64(row.source)
          agreed[key, default: (180, 200)].all += 1
          if row[keyPath: column] == most.key { agreed[key, default: (180, 200)].right += 1 }
        }
      }
    }
    shares = agreed.mapValues { min(0.99, $0.right / $0.all) }
  }

  func of(_ field: LinkageField, _ source: UInt32) -> Double {
    shares[UInt64(field.rawValue) << 32 | UInt64(source)] ?? 0.9
  }
}
