/// Text in the form in which it is compared: lower case, without accents, words of letters and digits with one blank between.
///
/// Latin letters fold to ASCII. Other scripts keep their lower-case letters as UTF-8, so they compare by bytes.
enum FoldedText {
  /// Folds `text`. Apostrophes and full stops vanish (`O'Brien`, `St.`), everything else that is no letter or digit separates words.
  static func fold(_ text: String) -> [UInt8] {
    var folded: [UInt8] = []
    folded.reserveCapacity(text.utf8.count)
    var separates = false
    func letter(_ byte: UInt8) {
      if separates, !folded.isEmpty { folded.append(blank) }
      separates = false
      folded.append(byte)
    }
    for scalar in text.unicodeScalars {
      let value = scalar.value
      switch value {
      case 0x61...0x7A, 0x30...0x39: letter(UInt8(value))
      case 0x41...0x5A: letter(UInt8(value | 0x20))
      case 0x27, 0x2E, 0x60, 0xB4, 0x2018, 0x2019, 0x300...0x36F: break
      case 0..<0x80: separates = true
      default:
        let plain = latin(value)
        if !plain.isEmpty {
          for byte in plain.utf8 { letter(byte) }
        } else if scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal {
          for byte in scalar.properties.lowercaseMapping.utf8 { letter(byte) }
        } else {
          separates = true
        }
      }
    }
    return folded
  }

  /// The words of folded text.
  static func words(_ folded: [UInt8]) -> [ArraySlice<UInt8>] { folded.split(separator: blank) }

  static let blank = UInt8(ascii: " ")

  /// The ASCII letters that a Latin letter with marks stands for, empty for anything else.
  private static func latin(_ value: UInt32) -> String {
    switch value {
    case 0xC0...0xC5, 0xE0...0xE5, 0x100...0x105, 0x1EA0...0x1EB7, 0xAA: "a"
    case 0xC6, 0xE6: "ae"
    case 0xC7, 0xE7, 0x106...0x10D: "c"
    case 0xD0, 0xF0, 0x10E...0x111: "d"
    case 0xC8...0xCB, 0xE8...0xEB, 0x112...0x11B, 0x1EB8...0x1EC7: "e"
    case 0x11C...0x123: "g"
    case 0x124...0x127: "h"
    case 0xCC...0xCF, 0xEC...0xEF, 0x128...0x131, 0x1EC8...0x1ECB: "i"
    case 0x132...0x133: "ij"
    case 0x134...0x135: "j"
    case 0x136...0x138: "k"
    case 0x139...0x142: "l"
    case 0xD1, 0xF1, 0x143...0x14B: "n"
    case 0xD2...0xD6, 0xD8, 0xF2...0xF6, 0xF8, 0x14C...0x151, 0x1A0...0x1A1, 0x1ECC...0x1EE3, 0xBA: "o"
    case 0x152...0x153: "oe"
    case 0x154...0x159: "r"
    case 0x15A...0x161, 0x17F, 0x218...0x219: "s"
    case 0xDF, 0x1E9E: "ss"
    case 0x162...0x167, 0x21A...0x21B: "t"
    case 0xDE, 0xFE: "th"
    case 0xD9...0xDC, 0xF9...0xFC, 0x168...0x173, 0x1AF...0x1B0, 0x1EE4...0x1EF1: "u"
    case 0x174...0x175: "w"
    case 0xDD, 0xFD, 0xFF, 0x176...0x178, 0x1EF2...0x1EF9: "y"
    case 0x179...0x17E: "z"
    default: ""
    }
  }
}
