// What a text says, byte by byte: sentences, words, emoticons, and what stands around a word. The same code reads for training and for
// scoring, so that both see the same.

/// One sentence, read. A reader fills the same value again and again, so that reading allocates nothing.
struct SentimentSentence: Sendable, Equatable {
  /// A word or sign with what its surroundings do to its valence.
  struct Token: Sendable, Equatable {
    var hash: UInt32
    /// Added in the direction of the valence.
    var emphasis: Float
    /// Multiplies the sum.
    var factor: Float
  }

  /// Its bytes in the text.
  var range = 0..<0
  /// What the rules look up.
  var tokens: [Token] = []
  /// Words and neighbouring pairs of words that the text says for the first time, a negated word being another than the plain one.
  var words: [UInt32] = []
  /// Those that it said before, here or in another sentence, each time that it does.
  var repeated: [UInt32] = []
  /// The words' bytes in lower case, one behind the other, and where each ends: what parts of words are made of.
  var letters: [UInt8] = []
  var ends: [Int32] = []
  /// What its surroundings do to each of them, as ``Token/factor``.
  var factors: [Float] = []
  /// Exclamation marks, at most 4.
  var exclamations = 0

  mutating func clear() {
    tokens.removeAll(keepingCapacity: true)
    words.removeAll(keepingCapacity: true)
    repeated.removeAll(keepingCapacity: true)
    letters.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    factors.removeAll(keepingCapacity: true)
    exclamations = 0
  }
}

/// Reads the sentences of a UTF-8 text, one after the other.
struct SentimentReader {
  private struct Token {
    var hash: UInt32
    /// Counts where negations reach.
    var isWord: Bool
    /// Its letters stand in the sentence: it is a word that may have an opinion.
    var isSpelled = false
    var isShouted: Bool
    var role: SentimentVocabulary.Word?
  }

  /// The sentence that ``next()`` read.
  private(set) var sentence = SentimentSentence()

  private var bytes: [UInt8] = []
  private let vocabulary = SentimentVocabulary.shared.words
  private var position = 0
  private var seen = SeenHashes()
  private var tokens: [Token] = []
  private var shouted = 0
  private var wordCount = 0

  init() {}

  init(_ bytes: [UInt8]) { start(bytes) }

  /// Turns to another text.
  mutating func start(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    seen.clear()
  }

  /// Reads on to the end of the next sentence that has a word or sign; false at the end of the text.
  mutating func next() -> Bool {
    sentence.clear()
    tokens.removeAll(keepingCapacity: true)
    (shouted, wordCount) = (0, 0)
    var start = position
    while position < bytes.count {
      if step() {
        if close(from: start) { return true }
        start = position
      }
    }
    return close(from: start)
  }

  /// Reads one thing; true when a sentence ends behind it.
  private mutating func step() -> Bool {
    let byte = bytes[position]
    if Self.isWordByte(byte) {
      readWord()
      return false
    }
    switch byte {
    case UInt8(ascii: "<"), UInt8(ascii: "&"):
      guard let end = markup(at: position) else { return readSigns() }
      position = end
      return byte == UInt8(ascii: "<")
    case UInt8(ascii: "\n"):
      position += 1
      // An empty line ends a sentence; a single line end may be a wrapped line.
      return position < bytes.count && bytes[position] == UInt8(ascii: "\n")
    case UInt8(ascii: "@"):
      position += 1
      while position < bytes.count, Self.isWordByte(bytes[position]) { position += 1 }
      return false
    case 0...32, UInt8(ascii: "#"):
      position += 1
      return false
    default: return readSigns()
    }
  }

  private mutating func readWord() {
    var hash = SentimentHash.empty
    var upper = 0
    var letters = 0
    let first = sentence.letters.count
    while position < bytes.count {
      let byte = bytes[position]
      if Self.isWordByte(byte) {
        if byte &- 65 < 26 { upper += 1 }
        if Self.isLetter(byte) { letters += 1 }
        let lowered = SentimentHash.lowered(byte)
        hash = SentimentHash.adding(lowered, to: hash)
        sentence.letters.append(lowered)
        position += 1
        continue
      }
      let apostrophe = byte == UInt8(ascii: "'") ? 1 : typographicApostrophe(at: position) ? 3 : 0
      guard apostrophe > 0, sentence.letters.count > first, position + apostrophe < bytes.count,
        Self.isLetter(bytes[position + apostrophe])
      else { break }
      hash = SentimentHash.adding(UInt8(ascii: "'"), to: hash)
      sentence.letters.append(UInt8(ascii: "'"))
      position += apostrophe
    }
    // An address is no word: skip to its end.
    if position + 2 < bytes.count, bytes[position] == UInt8(ascii: ":"), bytes[position + 1] == UInt8(ascii: "/"),
      bytes[position + 2] == UInt8(ascii: "/")
    {
      while position < bytes.count, bytes[position] > 32 { position += 1 }
      sentence.letters.removeLast(sentence.letters.count - first)
      return
    }
    let role = vocabulary[hash]
    // What strengthens or weakens others has no opinion of its own to be learned: "very" would be praise, as the glad say it more.
    let hasOpinion = (role?.boost ?? 0) == 0
    if hasOpinion {
      sentence.ends.append(Int32(truncatingIfNeeded: sentence.letters.count))
    } else {
      sentence.letters.removeLast(sentence.letters.count - first)
    }
    let isShouted = upper >= 2 && upper == letters
    wordCount += 1
    if isShouted { shouted += 1 }
    tokens.append(Token(hash: hash, isWord: true, isSpelled: hasOpinion, isShouted: isShouted, role: role))
  }

  private func typographicApostrophe(at index: Int) -> Bool {
    index + 2 < bytes.count && bytes[index] == 0xE2 && bytes[index + 1] == 0x80 && bytes[index + 2] == 0x99
  }

  /// Punctuation, emoticons and emoji. `.`, `!` and `?` before a blank end a sentence.
  private mutating func readSigns() -> Bool {
    let begin = position
    if bytes[position] >= 0x80 {
      position += 1
      while position < bytes.count, bytes[position] & 0xC0 == 0x80 { position += 1 }
      // An emoji, or a letter of another script: both are looked up as they stand.
      add(sign: begin..<position, isWord: true)
      return false
    }
    var ends = false
    var marks = 0
    while position < bytes.count, bytes[position] > 32, bytes[position] < 0x80, !Self.isWordByte(bytes[position]),
      bytes[position] != UInt8(ascii: "<") || position == begin || markup(at: position) == nil, position - begin < 16
    {
      switch bytes[position] {
      case UInt8(ascii: "!"):
        sentence.exclamations = min(4, sentence.exclamations + 1)
        marks += 1
        ends = true
      case UInt8(ascii: "?"):
        marks += 1
        ends = true
      case UInt8(ascii: "."): ends = true
      default: break
      }
      position += 1
    }
    // `:D`, `;p`, `:o`, `<3`: one letter or digit right behind belongs to the signs.
    var end = position
    if position < bytes.count, Self.isWordByte(bytes[position]),
      position + 1 >= bytes.count || !Self.isWordByte(bytes[position + 1])
    {
      switch bytes[position - 1] {
      case UInt8(ascii: ":"), UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: "-"):
        end = position + 1
      default: break
      }
    }
    // Any number of marks above one says the same.
    if marks == end - begin, marks > 2 {
      add(sign: begin..<(begin + 2), isWord: false)
    } else if end - begin >= 2 || marks == 1 {
      add(sign: begin..<end, isWord: false)
    }
    position = end
    return ends
      && (position >= bytes.count || bytes[position] <= 32 || bytes[position] == UInt8(ascii: "<")
        || bytes[position] == UInt8(ascii: "\""))
  }

  private mutating func add(sign: Range<Int>, isWord: Bool) {
    tokens.append(Token(hash: SentimentHash.of(bytes[sign]), isWord: isWord, isShouted: false, role: nil))
  }

  /// Behind a tag `<br />` or an entity `&amp;`; nil when there is none.
  private func markup(at index: Int) -> Int? {
    let closing = bytes[index] == UInt8(ascii: "<") ? UInt8(ascii: ">") : UInt8(ascii: ";")
    guard index + 1 < bytes.count else { return nil }
    let next = bytes[index + 1]
    guard
      Self.isLetter(next) || (closing == UInt8(ascii: ">") && next == UInt8(ascii: "/"))
        || (closing == UInt8(ascii: ";") && next == UInt8(ascii: "#"))
    else { return nil }
    let limit = min(bytes.count, index + (closing == UInt8(ascii: ">") ? 300 : 10))
    for end in (index + 1)..<limit where bytes[end] == closing { return end + 1 }
    return nil
  }

  /// Turns what was read into a sentence; false when nothing was.
  private mutating func close(from start: Int) -> Bool {
    guard !tokens.isEmpty else { return false }
    sentence.range = start..<position
    // Shouting means something only beside words that are not shouted.
    let isMixed = shouted > 0 && shouted < wordCount
    let contrast = tokens.lastIndex { $0.role?.isContrast == true }
    var lastNegation = -10
    var previous: UInt32 = 0
    for (index, token) in tokens.enumerated() {
      let isNegated = token.isWord && index - lastNegation <= SentimentVocabulary.negationReach
      var factor: Float = isNegated ? SentimentVocabulary.negationFactor : 1
      if let contrast { factor *= index < contrast ? 0.5 : index > contrast ? 1.5 : 1 }
      var emphasis: Float = token.isShouted && isMixed ? SentimentVocabulary.shouting : 0
      for distance in 1...3 where index >= distance {
        guard let boost = tokens[index - distance].role?.boost else { continue }
        emphasis += boost * (1.05 - 0.05 * Float(distance))
      }
      sentence.tokens.append(.init(hash: token.hash, emphasis: emphasis, factor: factor))
      if token.isSpelled { sentence.factors.append(factor) }
      let word = isNegated ? SentimentHash.negated(token.hash) : token.hash
      if (token.role?.boost ?? 0) == 0 { add(word: SentimentHash.mixed(word)) }
      if index > 0 { add(word: SentimentHash.pair(previous, word)) }
      previous = word
      if token.role?.isNegation == true { lastNegation = index }
    }
    return true
  }

  private mutating func add(word: UInt32) {
    if seen.insert(word) { sentence.words.append(word) } else { sentence.repeated.append(word) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || byte &- 48 < 10 || (byte >= 0xC3 && byte <= 0xCB) || (byte >= 0x80 && byte < 0xC0)
  }
}
