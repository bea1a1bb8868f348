import Testing

@testable import RecordLinkage

@Suite struct BlockIndexTests {
  private func table(_ records: [PersonRecord]) -> RecordTable {
    var table = RecordTable()
    for record in records { table.append(record) }
    table.settle(order: Array(records.indices))
    return table
  }

  @Test func `no block is larger than its bound`() {
    let records = (0..<300).map {
      PersonRecord(
        id: "\($0)", givenName: "Anna", surname: "Schmidt", email: "anna\($0 % 7)@example.org",
        postcode: "\(10_000 + $0 % 90)")
    }
    let index = BlockIndex(table(records), recordsMax: 20)
    for block in 1..<index.starts.count { #expect(index.starts[block] - index.starts[block - 1] <= 20) }
    #expect(index.pairsUpperBound > 0)
  }

  @Test func `a group beyond the bound is divided by what else agrees`() {
    var records = (0..<200).map {
      PersonRecord(
        id: "\($0)", givenName: "Anna", surname: "Schmidt", phone: "21255\(10_000 + $0 * 37)",
        postcode: "\(10_000 + $0)")
    }
    records[150].postcode = records[3].postcode
    let index = BlockIndex(table(records), recordsMax: 10)
    #expect(candidates(index, of: 3, count: records.count).contains(150))
  }

  @Test func `every candidate comes once`() {
    let records = Population(seed: 11, persons: 50).records
    let index = BlockIndex(table(records), recordsMax: 60)
    for record in records.indices {
      let found = candidates(index, of: record, count: records.count)
      #expect(Set(found).count == found.count)
      #expect(found.allSatisfy { $0 > record })
    }
  }

  @Test func `nearly all pairs of one person are candidates`() {
    let population = Population(seed: 12, persons: 200)
    let index = BlockIndex(table(population.records), recordsMax: 60)
    var found = 0, all = 0
    for a in population.records.indices {
      let others = Set(candidates(index, of: a, count: population.records.count))
      for b in population.records.indices where b > a {
        guard population.persons[population.records[a].id] == population.persons[population.records[b].id] else {
          continue
        }
        all += 1
        if others.contains(b) { found += 1 }
      }
    }
    #expect(Double(found) >= 0.97 * Double(all))
  }

  private func candidates(_ index: BlockIndex, of record: Int, count: Int) -> [Int] {
    var seen = Array(repeating: UInt32(0), count: count)
    var found: [Int] = []
    index.forEachCandidate(of: record, seen: &seen) { found.append($0) }
    return found
  }
}
