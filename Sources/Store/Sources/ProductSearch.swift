import BSON

/// Finding products by words in which one letter may be wrong: by an index of words with one letter left out.
///
/// Two words are within one edit when one is the other, is the other without a letter, or both are the same without one
/// (Mor and Fraenkel, "A hash code method for detecting and correcting spelling errors", CACM 25, 1982). So a product is
/// stored with `=word` for each of its words and `~wrd` for each of them without each of its letters. What the index finds
/// is a little more than what is within one edit; the rest is told apart word by word.
enum ProductSearch {
  /// The fields whose words are found.
  static let fields = ["productName", "brand", "category", "productId"]
  /// Words of a product that are found, and letters of a word that count.
  static let wordsMax = 32
  static let lettersMax = 32
  /// In shorter words every letter has to be right.
  static let fuzzyLettersMin = 4

  /// The keys under which a product is found; none for content that is no product.
  static func keys(of content: BSONDocument) -> [String] {
    guard content.contains("productId"), !content.contains("orderId"), !content.contains("userId") else { return [] }
    var keys: Set<String> = []
    for word in words(of: content) {
      keys.insert("=" + String(word))
      for shorter in word.withoutOneLetter { keys.insert("~" + shorter) }
    }
    return keys.sorted { ByteString($0) < ByteString($1) }
  }

  /// The words of a product.
  static func words(of content: BSONDocument) -> [Word] {
    var words: [Word] = []
    for field in fields {
      for word in Self.words(of: content.string(field) ?? "") where words.count < wordsMax && !words.contains(word) {
        words.append(word)
      }
    }
    return words
  }

  /// The words of a text: runs of letters and digits, in lower case.
  static func words(of text: String) -> [Word] {
    var words: [Word] = []
    var letters: [Unicode.Scalar] = []
    func end() {
      if !letters.isEmpty { words.append(Word(Array(letters.prefix(lettersMax)))) }
      letters.removeAll(keepingCapacity: true)
    }
    for scalar in text.lowercased().unicodeScalars {
      let properties = scalar.properties
      if properties.isAlphabetic || properties.numericType != nil {
        letters.append(scalar)
      } else {
        end()
      }
    }
    end()
    return words
  }

  /// The keys that a product has of which a word is within one edit of this one.
  static func keys(near word: Word) -> [String] {
    var keys: Set<String> = ["=" + String(word)]
    if word.letters.count >= fuzzyLettersMin - 1 { keys.insert("~" + String(word)) }
    for shorter in word.withoutOneLetter {
      keys.insert("=" + shorter)
      keys.insert("~" + shorter)
    }
    return keys.sorted { ByteString($0) < ByteString($1) }
  }

  /// Whether every word that is looked for is within one edit of a word of the product.
  static func matches(_ wanted: [Word], _ product: BSONDocument) -> Bool {
    let words = words(of: product)
    return wanted.allSatisfy { word in words.contains { $0.isNear(word) } }
  }

  /// A word, letter by letter.
  struct Word: Hashable {
    let letters: [Unicode.Scalar]

    init(_ letters: [Unicode.Scalar]) { self.letters = letters }

    /// The word without each of its letters; nothing for words in which every letter has to be right.
    var withoutOneLetter: Set<String> {
      guard letters.count >= fuzzyLettersMin else { return [] }
      return Set(
        letters.indices.map { index in
          var view = String.UnicodeScalarView()
          view.append(contentsOf: letters[..<index])
          view.append(contentsOf: letters[(index + 1)...])
          return String(view)
        })
    }

    /// Whether the two are one insertion, deletion, substitution or swap of neighbours apart, or equal.
    func isNear(_ other: Word) -> Bool {
      let (a, b) = letters.count <= other.letters.count ? (letters, other.letters) : (other.letters, letters)
      if a == b { return true }
      guard b.count - a.count <= 1, a.count >= fuzzyLettersMin - 1, b.count >= fuzzyLettersMin else { return false }
      let start = zip(a, b).prefix { $0 == $1 }.count
      let restOfA = a[start...]
      let restOfB = b[start...]
      if a.count < b.count { return restOfA.elementsEqual(restOfB.dropFirst()) }
      if restOfA.dropFirst().elementsEqual(restOfB.dropFirst()) { return true }
      return restOfA.count >= 2 && restOfA[start] == restOfB[start + 1] && restOfA[start + 1] == restOfB[start]
        && restOfA.dropFirst(2).elementsEqual(restOfB.dropFirst(2))
    }
  }
}

extension String {
  /// A word as text.
  init(_ word: ProductSearch.Word) {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: word.letters)
    self = String(view)
  }
}
