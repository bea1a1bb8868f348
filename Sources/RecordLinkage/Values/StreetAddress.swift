/// A street line, folded and taken apart.
struct StreetAddress {
  /// `12a`
  var number: [UInt8] = []
  /// Words of the street's name in one, kinds of streets in one spelling (`mainst`).
  var street: [UInt8] = []
  /// Apartment or second line.
  var unit: [UInt8] = []

  init(houseNumber: String, street line: String, secondLine: String) {
    number = Array(FoldedText.words(FoldedText.fold(houseNumber)).joined())
    var words = FoldedText.words(FoldedText.fold(line)).map { canonical(Array($0)) }
    if line.utf8.contains(UInt8(ascii: "#")), let last = words.last, words.count > 2, isNumber(last) {
      unit = last
      words.removeLast()
    }
    if let marker = words.lastIndex(where: { unitWords.contains($0) }), marker > 0, marker + 1 < words.count {
      unit = Array(words[(marker + 1)...].joined())
      words.removeSubrange(marker...)
    }
    if number.isEmpty {
      // An ordinal is part of a name (`5th avenue`) unless there is no other number.
      let position = words.firstIndex { isNumber($0) && !isOrdinal($0) }
      if let position {
        number = words[position]
        words.remove(at: position)
      }
    }
    street = Array(words.joined())
    let second = FoldedText.words(FoldedText.fold(secondLine)).map { canonical(Array($0)) }.filter {
      !unitWords.contains($0)
    }
    if !second.isEmpty { unit = Array(second.joined()) }
  }

  private func isNumber(_ word: [UInt8]) -> Bool { word.first.map { $0 &- 48 < 10 } ?? false }

  private func isOrdinal(_ word: [UInt8]) -> Bool {
    let ending = word.drop { $0 &- 48 < 10 }
    return ["st", "nd", "rd", "th"].contains { ending.elementsEqual($0.utf8) }
  }

  private func canonical(_ word: [UInt8]) -> [UInt8] {
    if word.count <= 10, let known = streetWords[word] { return known }
    // German street names hold their kind: hauptstrasse, hauptstr.
    if word.count > 7, word.ends(with: "strasse") { return Array(word.dropLast(4)) }
    if word.count > 7, word.ends(with: "straat") { return Array(word.dropLast(3)) }
    return word
  }
}

extension [UInt8] {
  fileprivate func ends(with text: StaticString) -> Bool {
    let text = Array("\(text)".utf8)
    return count >= text.count && self[(count - text.count)...].elementsEqual(text)
  }
}

private let unitWords: Set<[UInt8]> = Set(
  [
    "apt", "apartment", "unit", "suite", "ste", "flat", "flt", "room", "rm", "wohnung", "whg", "appt", "dept", "depto",
    "piso",
  ]
  .map { Array($0.utf8) })

/// Words of streets under their short form (USPS Publication 28, appendix C1, the common ones; and of some other languages).
private let streetWords: [[UInt8]: [UInt8]] = {
  let groups = [
    "st street str strasse", "ave avenue av avenida aven", "rd road", "dr drive drv", "ln lane", "ct court crt",
    "pl place", "blvd boulevard bd boul bvd", "cir circle cirlce circ", "cres crescent cresc", "pkwy parkway",
    "hwy highway",
    "ter terrace terr tce", "trl trail", "sq square", "cl close", "gr grove grv", "hts heights", "mt mount", "ft fort",
    "n north nord norte", "s south sud sur", "e east est este ost", "w west ouest oeste", "plz plaza platz piazza",
    "r rue rua", "c calle",
    "v via", "cam camino", "crse course", "gdns gardens", "cctt circuit cct", "espl esplanade", "wy way",
    "xing crossing", "apt apartment appt",
    "ste suite", "flt flat", "rm room", "fl floor",
  ]
  var words: [[UInt8]: [UInt8]] = [:]
  for group in groups {
    let spellings = group.split(separator: " ").map { Array($0.utf8) }
    for spelling in spellings { words[spelling] = spellings[0] }
  }
  return words
}()
