/// The words that change others: grammar, not opinion (after VADER, Hutto and Gilbert 2014).
struct SentimentVocabulary: Sendable {
  static let shared = SentimentVocabulary()

  /// How many words behind a negation it reaches.
  static let negationReach = 3
  /// What it does to a valence.
  static let negationFactor: Float = -0.74
  /// What capitals add to a valence where not all is in capitals.
  static let shouting: Float = 0.733
  /// What an exclamation mark adds to a sentence.
  static let exclamation: Float = 0.292

  /// What a word does to others.
  struct Word: Sendable, Equatable {
    var isNegation = false
    /// What stands before such a word counts for less, what stands behind it for more.
    var isContrast = false
    /// What it adds to the valence of those behind it; negative for words that weaken.
    var boost: Float = 0
  }

  /// By the hash of the word.
  let words: HashTable<Word>

  private init() {
    var words: [UInt32: Word] = [:]
    func each(_ list: String, _ change: (inout Word) -> Void) {
      for word in list.split(separator: " ") { change(&words[SentimentHash.of(word.utf8), default: Word()]) }
    }
    each(
      """
      not never no none nobody nothing nowhere neither nor without cannot can't cant don't dont doesn't doesnt didn't didnt isn't isnt \
      aren't arent wasn't wasnt weren't werent won't wont wouldn't wouldnt shouldn't shouldnt couldn't couldnt hasn't hasnt haven't \
      havent hadn't hadnt ain't aint hardly rarely seldom barely lack lacks lacking
      """
    ) { $0.isNegation = true }
    each(
      """
      absolutely amazingly awfully completely considerably decidedly deeply enormously entirely especially exceptionally extremely \
      fabulously fully greatly highly hugely incredibly intensely majorly more most particularly purely quite really remarkably so \
      substantially thoroughly totally tremendously unbelievably unusually utterly very too super
      """
    ) { $0.boost = 0.293 }
    each(
      "almost barely hardly kind kinda little marginally occasionally partly scarcely slightly somewhat sort sorta fairly"
    ) {
      $0.boost = -0.293
    }
    each("but however") { $0.isContrast = true }
    self.words = HashTable(words)
  }
}

/// 32-bit hashes of words, pairs and parts of words: FNV-1a over lower-case bytes, mixed.
enum SentimentHash {
  static let empty: UInt32 = 0x811C_9DC5
  /// Where parts of words start, so that a part is another thing than a word of the same letters.
  static let part: UInt32 = 0x5BD1_E995

  static func lowered(_ byte: UInt8) -> UInt8 { byte &- 65 < 26 ? byte | 32 : byte }

  static func adding(_ byte: UInt8, to hash: UInt32) -> UInt32 { (hash ^ UInt32(byte)) &* 0x0100_0193 }

  static func of(_ text: some Sequence<UInt8>) -> UInt32 {
    var hash = empty
    for byte in text { hash = adding(lowered(byte), to: hash) }
    return hash
  }

  static func negated(_ hash: UInt32) -> UInt32 { hash ^ 0xA5A5_5A5A }

  static func pair(_ first: UInt32, _ second: UInt32) -> UInt32 {
    mixed(first &* 0x9E37_79B1 ^ (second &+ 0x7F4A_7C15))
  }

  /// Spreads a hash over its low bits, which choose the place in a table.
  static func mixed(_ hash: UInt32) -> UInt32 {
    var mixed = hash ^ hash >> 15
    mixed = mixed &* 0x85EB_CA6B
    return mixed ^ mixed >> 13
  }
}
