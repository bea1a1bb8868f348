/// A text for comparison: lower case, letters of Latin script without marks, runs of white space as one space, none at the
/// ends. So "À" and "a", "Ursprüngliche" and "ursprungliche" are equal, whether composed or not.
struct FoldedText {
  let bytes: [UInt8]

  init(_ text: some StringProtocol) {
    var folded: [UInt8] = []
    folded.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      let value = scalar.value
      if value < 0x80 {
        let byte = UInt8(value)
        if byte == 0x20 || (0x09...0x0D).contains(byte) {
          if let last = folded.last, last != 0x20 { folded.append(0x20) }
        } else {
          folded.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
        }
      } else if (0xC0...0x17F).contains(value) {
        folded.append(contentsOf: Self.base[Int(value - 0xC0)])
      } else if value == 0xA0 || value == 0x202F || (0x2000...0x200A).contains(value) {
        if let last = folded.last, last != 0x20 { folded.append(0x20) }
      } else if value == 0x2018 || value == 0x2019 {
        folded.append(0x27)
      } else if value == 0xFF1A {
        folded.append(0x3A)
      } else if (0x300...0x36F).contains(value) || (0x200B...0x200F).contains(value) || value == 0xFEFF {
        continue
      } else {
        folded.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
      }
    }
    if folded.last == 0x20 { folded.removeLast() }
    bytes = folded
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// Phrases to look for, folded once.
  static func phrases(_ texts: [String]) -> [FoldedText] { texts.map { FoldedText($0) } }

  var isEmpty: Bool { bytes.isEmpty }

  var count: Int { bytes.count }

  var last: UInt8? { bytes.last }

  /// The text between its ends, without the given bytes and spaces.
  func trimming(_ isTrimmed: (UInt8) -> Bool) -> FoldedText {
    var rest = bytes[...]
    while let first = rest.first, isTrimmed(first) || first == 0x20 { rest.removeFirst() }
    while let last = rest.last, isTrimmed(last) || last == 0x20 { rest.removeLast() }
    return FoldedText(bytes: Array(rest))
  }

  func contains(_ phrase: FoldedText) -> Bool { bytes.firstOffset(of: phrase.bytes) != nil }

  /// Whether a phrase stands here as whole words.
  func containsWord(_ phrase: FoldedText) -> Bool {
    var rest = bytes[...]
    while let start = rest.firstOffset(of: phrase.bytes) {
      let end = start + phrase.count
      let startsWord = start == 0 || !isWordByte(bytes[start - 1])
      if startsWord, end == bytes.count || !isWordByte(bytes[end]) { return true }
      rest = bytes[(start + 1)...]
    }
    return false
  }

  func contains(anyWordOf phrases: [FoldedText]) -> Bool { phrases.contains(where: containsWord) }

  func contains(anyOf phrases: [FoldedText]) -> Bool { phrases.contains(where: contains) }

  /// Whether the text begins with a phrase as a whole word.
  func starts(withWord phrase: FoldedText) -> Bool {
    guard bytes.starts(with: phrase.bytes) else { return false }
    return bytes.count == phrase.count || !isWordByte(bytes[phrase.count])
  }

  func starts(withAnyWordOf phrases: [FoldedText]) -> Bool { phrases.contains(where: starts(withWord:)) }

  func ends(withAnyOf phrases: [FoldedText]) -> Bool {
    phrases.contains { phrase in
      bytes.count >= phrase.count && bytes[(bytes.count - phrase.count)...].elementsEqual(phrase.bytes)
    }
  }

  /// The base letters of U+00C0…U+017F, one entry a letter.
  private static let base: [[UInt8]] =
    ("a a a a a a ae c e e e e i i i i d n o o o o o x o u u u u y th ss a a a a a a ae c e e e e i i i i d n o o o o o / o "
    + "u u u u y th y a a a a a a c c c c c c c c d d d d e e e e e e e e e e g g g g g g g g h h h h i i i i i i i i i i "
    + "ij ij j j k k k l l l l l l l l l l n n n n n n n n n o o o o o o oe oe r r r r r r s s s s s s s s t t t t t t u u u u "
    + "u u u u u u u u w w y y y z z z z z z s").split(separator: " ").map { Array($0.utf8) }
}

/// Letters, digits and everything past ASCII.
private func isWordByte(_ byte: UInt8) -> Bool {
  byte >= 0x80 || (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
}
