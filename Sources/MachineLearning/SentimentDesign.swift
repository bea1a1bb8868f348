import CKernels

/// A text as the regressions see it before it is known which features are kept.
struct SentimentBag: Sendable {
  /// How often each word or pair occurs, ascending by hash.
  let words: [(hash: UInt32, count: Float)]
  /// The same for parts of words.
  let parts: [(hash: UInt32, count: Float)]
  /// ``SentimentEvidence/rules`` of the whole text.
  let rules: [Float]
  let sentenceCount: Int

  init(_ text: String, lexicon: HashTable<Int16>) {
    var reader = SentimentReader(Array(text.utf8))
    var words: [UInt32] = []
    var parts: [UInt32] = []
    var evidence = SentimentEvidence()
    var sentenceCount = 0
    while reader.next() {
      sentenceCount += 1
      words += reader.sentence.words
      parts += Self.parts(of: reader.sentence)
      evidence.addRules(reader.sentence, lexicon: lexicon)
    }
    self.sentenceCount = sentenceCount
    rules = evidence.rules
    self.words = Self.counted(&words)
    self.parts = Self.counted(&parts)
  }

  private static func parts(of sentence: SentimentSentence) -> [UInt32] {
    var result: [UInt32] = []
    var start = 0
    var hashes = [UInt32](repeating: 0, count: 3 * Int(CK_WORD_BYTES))
    for end in sentence.ends {
      let word = Array(sentence.letters[start..<Int(end)].prefix(Int(CK_WORD_BYTES)))
      // Reads the word's bytes and writes at most three hashes for each.
      let count = unsafe ck_word_parts(word, word.count, SentimentHash.part, &hashes)
      result += hashes.prefix(count)
      start = Int(end)
    }
    return result
  }

  private static func counted(_ hashes: inout [UInt32]) -> [(hash: UInt32, count: Float)] {
    hashes.sort()
    var result: [(hash: UInt32, count: Float)] = []
    for hash in hashes {
      if result.last?.hash == hash { result[result.count - 1].count += 1 } else { result.append((hash, 1)) }
    }
    return result
  }
}

/// The regressions' rows: kept words and parts with their inverse document frequency, as a model will weigh them, then the rules.
struct SentimentDesign: Sendable {
  /// The kept features.
  let hashes: [UInt32]
  /// Their inverse document frequencies in ``SentimentModel/idfSteps``.
  let idf: [Int16]
  /// One row a text, sparse; the rules are the last columns.
  let rows: [[(index: Int32, value: Float)]]
  /// λ of each column.
  let penalties: [Double]

  init(_ bags: [SentimentBag], options: SentimentTraining.Options) {
    var hashes: [UInt32] = []
    var idf: [Int16] = []
    var indexes: [UInt32: Int32] = [:]
    func keep(_ counts: [UInt32: Int], from least: Int) {
      for (hash, count) in counts.sorted(by: { $0.key < $1.key }) where count >= least && indexes[hash] == nil {
        indexes[hash] = Int32(hashes.count)
        hashes.append(hash)
        // The smooth inverse document frequency: ln((1 + n) / (1 + count)) + 1.
        let value = naturalLogarithm(Double(1 + bags.count) / Double(1 + count)) + 1
        idf.append(SentimentTraining.steps(value, Double(SentimentModel.idfSteps)))
      }
    }
    keep(Self.textCounts(bags, \.words), from: options.wordExamplesMin)
    keep(Self.textCounts(bags, \.parts), from: options.partExamplesMin)
    let inverse = idf.map { Float($0) / SentimentModel.idfSteps }
    func scaled(_ counts: [(hash: UInt32, count: Float)], _ share: Float) -> [(index: Int32, value: Float)] {
      var known: [(index: Int32, value: Float)] = []
      var square: Float = 0
      for (hash, count) in counts {
        guard let index = indexes[hash] else { continue }
        let idf = inverse[Int(index)]
        known.append((index, count * idf))
        square += count * idf * idf
      }
      let length = square > 0 ? share / square.squareRoot() : 0
      return known.map { ($0.index, $0.value * length) }
    }
    rows = bags.map { bag in
      scaled(bag.words, 1) + scaled(bag.parts, SentimentEvidence.partShare)
        + bag.rules.enumerated().map { (Int32(hashes.count + $0.offset), $0.element) }
    }
    // The rules are few and known to be right: they are penalized less, the constant hardly at all.
    var penalties = [Double](repeating: options.penalty, count: hashes.count)
    penalties += [Double](repeating: options.penalty / 4, count: SentimentEvidence.ruleCount - 1)
    penalties.append(1e-3)
    self.hashes = hashes
    self.idf = idf
    self.penalties = penalties
  }

  private static func textCounts(
    _ bags: [SentimentBag], _ features: (SentimentBag) -> [(hash: UInt32, count: Float)]
  ) -> [UInt32: Int] {
    var counts: [UInt32: Int] = [:]
    for bag in bags {
      for feature in features(bag) { counts[feature.hash, default: 0] += 1 }
    }
    return counts
  }
}
