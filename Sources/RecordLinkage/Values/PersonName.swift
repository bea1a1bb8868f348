/// A person's name, folded and taken apart.
struct PersonName {
  /// First names in one word (`maryann`).
  var given: [UInt8] = []
  /// The first of several first names, empty if there is only one.
  var firstGiven: [UInt8] = []
  /// Family names in one word (`vandyke`).
  var surname: [UInt8] = []
  /// The first and last of several family names, empty if there is only one.
  var firstSurname: [UInt8] = []
  var lastSurname: [UInt8] = []
  var generation = Generation.none

  /// What sets apart persons of one name in a family.
  enum Generation: UInt8, Sendable {
    case none, junior, senior, third, fourth

    /// What stands behind the surname.
    var suffix: String { ["", " jr", " sr", " iii", " iv"][Int(rawValue)] }
  }

  init(given: String, surname: String) {
    var givenWords = FoldedText.words(FoldedText.fold(given))
    var surnameWords = FoldedText.words(FoldedText.fold(surname))
    takeGeneration(&surnameWords)
    takeGeneration(&givenWords)
    while givenWords.count > 1, let first = givenWords.first, titles.contains(Array(first)) { givenWords.removeFirst() }
    while surnameWords.count > 1, let first = surnameWords.first, titles.contains(Array(first)) {
      surnameWords.removeFirst()
    }
    self.given = Array(givenWords.joined())
    if givenWords.count > 1 { firstGiven = Array(givenWords[0]) }
    self.surname = Array(surnameWords.joined())
    if surnameWords.count > 1 {
      firstSurname = Array(surnameWords[0])
      lastSurname = Array(surnameWords[surnameWords.count - 1])
    }
  }

  /// A name as people write it, in lower case: accents and hyphens stay, titles and suffixes go.
  static func display(_ name: String) -> String {
    var words = name.lowercased().split { $0 == " " || $0 == "\t" || $0 == "," }
    if words.count > 1, let last = words.last,
      generations[String(decoding: FoldedText.fold(String(last)), as: UTF8.self)] != nil
    {
      words.removeLast()
    }
    while words.count > 1, let first = words.first, titles.contains(FoldedText.fold(String(first))) {
      words.removeFirst()
    }
    return words.joined(separator: " ")
  }

  /// Removes a suffix behind other words.
  private mutating func takeGeneration(_ words: inout [ArraySlice<UInt8>]) {
    guard words.count > 1, let last = words.last, let found = generations[String(decoding: last, as: UTF8.self)] else {
      return
    }
    generation = found
    words.removeLast()
  }
}

private let titles: Set<[UInt8]> = Set(
  ["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "herr", "frau", "mme", "mlle", "sig", "sra", "srta"].map {
    Array($0.utf8)
  })

private let generations: [String: PersonName.Generation] = [
  "jr": .junior, "jun": .junior, "junior": .junior, "ii": .junior, "2nd": .junior, "sr": .senior, "sen": .senior,
  "senior": .senior, "iii": .third, "3rd": .third, "iv": .fourth, "4th": .fourth,
]
