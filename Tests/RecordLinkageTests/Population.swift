@testable import RecordLinkage

/// Made-up customers with several records each: small, and the same for a seed.
struct Population {
  private(set) var records: [PersonRecord] = []
  /// The person behind each record, by its id.
  private(set) var persons: [String: Int] = [:]
  private var state: UInt64

  init(seed: UInt64, persons count: Int, householdsEvery: Int = 4) {
    state = seed
    var person = 0
    while person < count {
      let surname = makeWord(3), address = makeAddress(), phone = makePhone()
      for member in 0..<(householdsEvery > 0 && person % householdsEvery == 0 ? 3 : 1) {
        let given = Self.given[(pick(Self.given.count) + member * 7) % Self.given.count]
        addRecords(of: person, given, surname, address, phone)
        person += 1
      }
    }
  }

  /// Pairs of records that are rightly together, wrongly together, and wrongly apart.
  func judge(_ matcher: Matcher, _ clusters: MatchedClusters) -> (precision: Double, recall: Double) {
    var right = 0.0, found = 0.0, all = 0.0
    for i in matcher.ids.indices {
      for j in 0..<i {
        let together = clusters.firstRecord[i] == clusters.firstRecord[j]
        let same = persons[matcher.ids[i]] == persons[matcher.ids[j]]
        if together { found += 1 }
        if same { all += 1 }
        if together, same { right += 1 }
      }
    }
    return (right / max(1, found), right / max(1, all))
  }

  mutating func pick(_ below: Int) -> Int {
    state = StableHash.mix(state)
    return Int(state % UInt64(below))
  }

  private mutating func addRecords(
    of person: Int, _ given: String, _ surname: String, _ address: (String, String, String), _ phone: String
  ) {
    let born = "19\(40 + pick(59))-0\(1 + pick(9))-\(10 + pick(18))"
    let email = "\(given).\(surname)\(pick(100))@\(["gmail.com", "example.org", "example.net"][pick(3)])"
    let loyalty = "L\(10_000_000 + pick(89_999_999))"
    for _ in 0..<(1 + pick(4)) {
      var record = PersonRecord(id: "R\(1_000 + records.count)", source: ["web", "store"][pick(2)])
      record.givenName = pick(8) == 0 ? slip(given) : given
      record.surname = pick(8) == 0 ? slip(surname) : surname
      if pick(3) > 0 { record.email = pick(10) == 0 ? slip(email) : email }
      if pick(3) > 0 { record.phone = phone }
      if pick(2) > 0 { record.birthDate = born }
      if pick(3) > 0 { (record.street, record.city, record.postcode) = address }
      if pick(2) > 0 { record.loyaltyId = loyalty }
      record.updatedAt = "20\(10 + pick(14))-01-01T00:00:00Z"
      persons[record.id] = person
      records.append(record)
    }
  }

  private mutating func makeAddress() -> (String, String, String) {
    ("\(1 + pick(900)) \(makeWord(2)) Street", makeWord(2), "\(10_000 + pick(80_000))")
  }

  private mutating func makePhone() -> String { "\(200 + pick(700))\(2_000_000 + pick(7_999_999))" }

  private mutating func makeWord(_ syllables: Int) -> String {
    (0..<syllables).map { _ in Self.syllables[pick(Self.syllables.count)] }.joined()
  }

  private mutating func slip(_ text: String) -> String {
    var bytes = Array(text.utf8)
    let position = pick(max(1, bytes.count - 1))
    if pick(2) == 0 { bytes.remove(at: position) } else { bytes.swapAt(position, min(bytes.count - 1, position + 1)) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let given = [
    "james", "mary", "robert", "patricia", "walter", "jennifer", "michael", "linda", "david", "elizabeth", "scott",
    "barbara",
    "oscar", "susan", "joseph", "jessica", "thomas", "karen", "hector", "nancy", "daniel", "lisa", "matthew", "betty",
    "anthony", "helen", "mark", "sandra", "donald", "ashley", "steven", "kimberly", "paul", "emily", "andrew", "donna",
  ]
  private static let syllables = [
    "ba", "cor", "del", "fin", "gar", "hol", "jan", "kel", "lo", "mer", "nor", "pal", "quin", "ros", "sen", "ter", "ul",
    "ver", "wes", "zim",
  ]
}

extension Matcher {
  /// A matcher over records in the order given.
  init(_ records: [PersonRecord], threads: Int = 1) {
    var corpus = RecordCorpus()
    for record in records { corpus.append(record) }
    var options = MatchOptions()
    options.threads = threads
    self.init(fitting: corpus, options: options)
  }

  /// The ids of each cluster.
  func idsOfClusters() -> [[String]] { clusters().groups.map { $0.map { ids[Int($0)] } } }
}
