import Store

/// The words under which a customer is searched by people who know a name or some digits: folded words of names behind `n:`,
/// digits of telephone numbers from the front behind `p:` and from the back behind `t:`. Search is by prefix, in an index.
public enum SearchKeys {
  /// Words of one name at the most.
  static let wordsMax = 8
  /// Keys of one customer at the most.
  static let keysMax = 200
  /// The longest key, in bytes.
  static let keyBytesMax = 64

  /// The keys of a customer with these names and telephone numbers (E.164), sorted.
  public static func keys(names: [String], phones: [String]) -> [String] {
    var keys: Set<ByteString> = []
    for name in names { for word in words(name) { keys.insert(ByteString("n:" + word)) } }
    for phone in phones {
      let digits = phone.utf8.filter { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
      guard !digits.isEmpty else { continue }
      keys.insert(ByteString("p:" + String(decoding: digits, as: UTF8.self)))
      keys.insert(ByteString("t:" + String(decoding: digits.reversed(), as: UTF8.self)))
    }
    return keys.sorted().prefix(keysMax).map(\.string)
  }

  /// The words of a name as they are compared: `Anne-Marie O'Brien` is anne, marie, obrien.
  public static func words(_ name: String) -> [String] {
    var words: [String] = []
    for part in name.unicodeScalars.split(whereSeparator: {
      $0 == " " || $0 == "-" || $0 == "," || $0 == "." || $0 == "\t"
    }) {
      let folded = FoldedName.fold(String(String.UnicodeScalarView(part)))
      guard !folded.isEmpty, folded.count + 2 <= keyBytesMax, words.count < wordsMax else { continue }
      words.append(String(decoding: folded, as: UTF8.self))
    }
    return words
  }

  /// The prefixes that digits of a telephone number are searched by: from the front and from the back.
  public static func prefixes(ofDigits digits: String) -> [String] {
    ["p:" + digits, "t:" + String(decoding: digits.utf8.reversed(), as: UTF8.self)]
  }
}
