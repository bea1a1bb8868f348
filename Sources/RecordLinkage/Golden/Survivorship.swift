import Glibc

/// Makes golden records: for each field what most likely stands behind all that the records of a person say.
///
/// Names and e-mail addresses go through a noisy channel whose slips are as frequent as this file shows; other fields are voted on,
/// with slips of typing counted for the value that was meant, and with sources weighed by how often they agree.
public struct Survivorship: Sendable {
  let matcher: Matcher
  private let names: NameChoice
  private let domains: NamePrior
  private let displays: Displays
  private let phones: PhoneForm
  private let shapes: [[UInt8]: Double]
  private let reliability: SourceReliability

  /// Persons with several records that are looked at to learn.
  private static let learningPersonsMax = 20_000

  /// Learns from the clusters how names are misspelt, e-mail addresses are built, and sources are to be trusted.
  public init(_ matcher: Matcher, _ clusters: MatchedClusters) {
    self.matcher = matcher
    let groups = clusters.groups
    let table = matcher.table, originals = matcher.originals
    var names = NameChoice(
      table, givenCounts: Self.clusterCounts(groups, table, \.given, table.givenNames.count),
      surnameCounts: Self.clusterCounts(groups, table, \.surname, table.surnames.count))
    let sample = groups.filter { $0.count > 1 }.prefix(Self.learningPersonsMax)
    names.learn(
      sample.map { group in group.map { Self.observation(table, originals, Int($0)) } },
      birthYears: sample.map { group in
        group.lazy.map { table.rows[Int($0)].birthDate / 10_000 }.first { $0 > 0 }
      })
    self.names = names
    domains = NamePrior(
      lexicon: table.domains, counts: Self.clusterCounts(groups, table, \.domain, table.domains.count),
      channel: NameChannel(rates: names.surnameChannel.rates, isOfFewWords: true), usesNicknames: false,
      isOfFewWords: true)
    displays = Displays(table, originals, groups)
    phones = PhoneForm(table.rows.lazy.map(\.phone), callingCodes: originals.callingCodes)
    shapes = Self.shapes(originals)
    reliability = SourceReliability(table, groups)
  }

  /// In how many clusters each value of a column stands.
  private static func clusterCounts(
    _ groups: [[UInt32]], _ table: RecordTable, _ column: KeyPath<RecordTable.Row, UInt32>, _ values: Int
  ) -> [Double] {
    var counts = Array(repeating: 0.0, count: values)
    var seen: [UInt32] = []
    for group in groups {
      seen.removeAll(keepingCapacity: true)
      for record in group {
        let value = table.rows[Int(record)][keyPath: column]
        if value > 0, !seen.contains(value) {
          seen.append(value)
          counts[Int(value)] += 1
        }
      }
    }
    return counts
  }

  /// The golden record of a cluster, given the positions of its records.
  public func goldenRecord(of records: [UInt32]) -> GoldenRecord {
    let table = matcher.table, originals = matcher.originals
    let rows = records.map { table.rows[Int($0)] }
    let written = records.map { originals.rows[Int($0)] }
    var golden = GoldenRecord()
    let seen = records.map { Self.observation(table, originals, Int($0)) }
    let chosen = names.choose(seen)
    if !chosen.given.isEmpty { golden.givenName = displays.given(chosen.given, written) }
    if !chosen.surname.isEmpty {
      golden.surname = displays.surname(chosen.surname, written)
      golden.surname?.text += suffix(rows)
    }
    golden.email = email(rows, written, chosen, seen)
    golden.phone = phone(rows, written)
    golden.birthDate = birthDate(rows, written, seen)
    golden.loyaltyId = identifier(rows, written, \.loyaltyId, \.loyaltyId)
    golden.nationalId = identifier(rows, written, \.nationalId, \.nationalId)
    address(written, &golden)
    return golden
  }

  /// The golden records of several clusters, in their order, on the matcher's threads.
  public func goldenRecords(of clusters: ArraySlice<[UInt32]>) -> [GoldenRecord] {
    let parts = mapRanges(of: clusters.count, threads: matcher.options.threads) { range in
      range.map { goldenRecord(of: clusters[clusters.startIndex + $0]) }
    }
    return parts.flatMap { $0 }
  }

  private static func observation(_ table: RecordTable, _ originals: Originals, _ record: Int) -> NameChoice.Observation
  {
    let row = table.rows[record]
    let email = originals.emails[originals.rows[record].email]
    return NameChoice.Observation(
      given: Array(table.givenNames[row.given]), surname: Array(table.surnames[row.surname]),
      local: email.prefix { $0 != UInt8(ascii: "@") }, updated: originals.rows[record].updated)
  }

  /// The suffix that a quarter of the records or more give: it is often left out and never made up.
  private func suffix(_ rows: [RecordTable.Row]) -> String {
    var counts: [UInt8: Int] = [:]
    for row in rows where row.generation > 0 { counts[row.generation, default: 0] += 1 }
    guard let best = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }), best.value * 4 >= rows.count else {
      return ""
    }
    return PersonName.Generation(rawValue: best.key)?.suffix ?? ""
  }

  // MARK: E-mail

  private func email(
    _ rows: [RecordTable.Row], _ written: [Originals.Row], _ chosen: (given: [UInt8], surname: [UInt8]),
    _ seen: [NameChoice.Observation]
  ) -> GoldenValue? {
    let lexicon = matcher.originals.emails
    var ballots: [ValueVote.Ballot] = []
    for (row, original) in zip(rows, written) where original.email > 0 {
      ballots.append(
        .init(
          value: Array(lexicon[original.email]), reliability: reliability.of(.email, row.source),
          updated: original.updated))
    }
    if ballots.isEmpty { return nil }
    var extra: [[UInt8]] = []
    // Nicknames are names too where addresses are built.
    var givens = [chosen.given]
    for name in seen.map(\.given)
    where name.count > 1 && !givens.contains(name)
      && names.givenChannel.slip(from: chosen.given, to: name).slip == .nickname
    {
      givens.append(name)
    }
    for value in Set(ballots.map(\.value)).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard let at = value.firstIndex(of: UInt8(ascii: "@")) else { continue }
      var locals = [Array(value[..<at])]
      for given in givens { locals += names.emails.corrections(value[..<at], given: given, surname: chosen.surname) }
      let known = domains.candidates(for: Array(value[(at + 1)...]), usesNicknames: false)
      for local in locals {
        for domain in known { extra.append(local + [UInt8(ascii: "@")] + domain) }
      }
    }
    let winner = ValueVote.winner(ballots, candidates: extra) { prior(ofEmail: $0, givens, chosen.surname) }
    return winner.map { GoldenValue(text: String(decoding: $0.value, as: UTF8.self), support: $0.support) }
  }

  private func prior(ofEmail value: [UInt8], _ givens: [[UInt8]], _ surname: [UInt8]) -> Double {
    guard let at = value.firstIndex(of: UInt8(ascii: "@")) else { return -100 }
    let local = value[..<at]
    let form = givens.map { names.emails.log(local, given: $0, surname: surname) }.max() ?? -50
    let domain = domains.log(Array(value[(at + 1)...]), leavingOut: 1)
    return form + domain + (MailAddress.isValid(String(decoding: value, as: UTF8.self)) ? 0 : -10)
  }

  // MARK: Numbers and dates

  private func phone(_ rows: [RecordTable.Row], _ written: [Originals.Row]) -> GoldenValue? {
    var ballots: [ValueVote.Ballot] = []
    for (row, original) in zip(rows, written) where row.phone > 0 {
      ballots.append(
        .init(
          value: phones.national(row.phone), reliability: reliability.of(.phone, row.source), updated: original.updated)
      )
    }
    let winner = ValueVote.winner(ballots) { [phones] in phones.isUsual($0) ? 0 : -4 }
    return winner.map { GoldenValue(text: phones.e164($0.value), support: $0.support) }
  }

  private func birthDate(
    _ rows: [RecordTable.Row], _ written: [Originals.Row], _ seen: [NameChoice.Observation]
  ) -> GoldenValue? {
    var ballots: [ValueVote.Ballot] = []
    for (row, original) in zip(rows, written) where row.birthDate > 0 {
      ballots.append(
        .init(
          value: Array(BirthDate(packed: row.birthDate).iso.utf8), reliability: reliability.of(.birthDate, row.source),
          updated: original.updated))
    }
    var locals: [ArraySlice<UInt8>] = []
    for record in seen where !record.local.isEmpty && !locals.contains(record.local) { locals.append(record.local) }
    let winner = ValueVote.winner(ballots) { [names] value in
      let packed = value.reduce(Int32(0)) { $1 &- 48 < 10 ? $0 * 10 + Int32($1 &- 48) : $0 }
      let date = BirthDate(packed: packed)
      // The first of January is what people type who do not tell.
      let plausible = date.isValid ? date.month == 1 && date.day == 1 ? -1.0 : 0 : -8
      return locals.reduce(plausible) { $0 + names.emails.favour($1, birthYear: date.year) }
    }
    return winner.map { GoldenValue(text: String(decoding: $0.value, as: UTF8.self), support: $0.support) }
  }

  private func identifier(
    _ rows: [RecordTable.Row], _ written: [Originals.Row], _ column: KeyPath<RecordTable.Row, UInt32>,
    _ text: KeyPath<Originals.Row, UInt32>
  ) -> GoldenValue? {
    var ballots: [ValueVote.Ballot] = []
    for (row, original) in zip(rows, written) where row[keyPath: column] > 0 {
      ballots.append(
        .init(
          value: Array(matcher.originals.identifiers[original[keyPath: text]]), reliability: 0.95,
          updated: original.updated))
    }
    let winner = ValueVote.winner(ballots) { [shapes] in log(shapes[Self.shape($0), default: 0] + 0.001) }
    return winner.map { GoldenValue(text: String(decoding: $0.value, as: UTF8.self), support: $0.support) }
  }

  /// Letters as `a`, digits as `0`.
  private static func shape(_ value: [UInt8]) -> [UInt8] {
    value.map { $0 &- 48 < 10 ? 48 : $0 | 0x20 >= 97 && $0 | 0x20 <= 122 ? 97 : $0 }
  }

  /// The share of each shape among identifiers: a digit too many or a letter among digits makes a rare one.
  private static func shapes(_ originals: Originals) -> [[UInt8]: Double] {
    var counts: [[UInt8]: Double] = [:]
    var total = 1.0
    for id in 1..<max(1, originals.identifiers.count) {
      let weight = Double(originals.identifiers.counts[id])
      counts[shape(Array(originals.identifiers[UInt32(id)])), default: 0] += weight
      total += weight
    }
    return counts.mapValues { $0 / total }
  }

  // MARK: Address

  /// The newest address among those that most records give, as one record writes it.
  private func address(_ written: [Originals.Row], _ golden: inout GoldenRecord) {
    let lines = matcher.originals.lines
    let ballots = written.filter { $0.street > 0 || $0.city > 0 || $0.postcode > 0 }
    func value(_ row: Originals.Row) -> [UInt8] {
      FoldedText.fold(lines.text(row.street)) + FoldedText.fold(lines.text(row.city))
        + FoldedText.fold(lines.text(row.postcode))
    }
    let winner = ValueVote.winner(ballots.map { .init(value: value($0), reliability: 0.9, updated: $0.updated) }) { _ in
      0
    }
    guard let winner, let row = ballots.last(where: { value($0) == winner.value }) else { return }
    func line(_ id: UInt32) -> GoldenValue? {
      id > 0 ? GoldenValue(text: lines.text(id), support: winner.support) : nil
    }
    golden.street = line(row.street)
    golden.secondLine = line(row.secondLine)
    golden.city = line(row.city)
    golden.region = line(row.region)
    golden.postcode = line(row.postcode)
  }
}
