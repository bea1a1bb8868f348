/// Names of persons as they are compared: lower case, without accents, letters only.
enum FoldedName {
  /// Folds a name to ASCII letters where it is Latin; other scripts keep their lower-case letters.
  static func fold(_ name: String) -> [UInt8] {
    var folded: [UInt8] = []
    for scalar in name.lowercased().unicodeScalars {
      if let plain = plainLetters(scalar) {
        folded.append(contentsOf: plain.utf8)
      } else if scalar.properties.isAlphabetic {
        folded.append(contentsOf: Array(String(scalar).utf8))
      }
    }
    return folded
  }

  /// Whether two folded first names may be spellings of one: equal, an initial, one inside the other's start, or a typing
  /// error apart. A missing name is compatible with every name.
  static func compatible(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    if a.isEmpty || b.isEmpty || a == b { return true }
    let (short, long) = a.count <= b.count ? (a, b) : (b, a)
    if long.starts(with: short), short.count == 1 || short.count >= 3 { return true }
    let tolerated = short.count <= 3 ? 0 : short.count <= 6 ? 1 : 2
    return tolerated > 0 && EditDistance.between(a, b, atMost: tolerated) <= tolerated
  }

  private static func plainLetters(_ scalar: Unicode.Scalar) -> String? {
    switch scalar {
    case "a"..."z": String(scalar)
    case "à", "á", "â", "ã", "å", "ā", "ă", "ą": "a"
    case "ä", "æ": "ae"
    case "ç", "ć", "č": "c"
    case "ď", "đ", "ð": "d"
    case "è", "é", "ê", "ë", "ē", "ę", "ě": "e"
    case "ğ": "g"
    case "ì", "í", "î", "ï", "ī", "ı": "i"
    case "ł", "ľ": "l"
    case "ñ", "ń", "ň": "n"
    case "ò", "ó", "ô", "õ", "ō", "ő": "o"
    case "ö", "ø", "œ": "oe"
    case "ř": "r"
    case "ś", "š", "ş": "s"
    case "ß": "ss"
    case "ť", "þ": "t"
    case "ù", "ú", "û", "ū", "ů", "ű": "u"
    case "ü": "ue"
    case "ý", "ÿ": "y"
    case "ź", "ż", "ž": "z"
    default: nil
    }
  }
}
