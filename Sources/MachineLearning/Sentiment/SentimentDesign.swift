import CKernels

/// A text as the regressions see it before it is known which features are kept.
struct SentimentBag: Sendable {
  /// A feature, how often it occurs, and that with the signs of where it does.
  struct Feature: Sendable {
    let hash: UInt32
    var count: Float
    var value: Float
  }

  /// Words and pairs, ascending by hash: each counts once, however often a text says it.
  let words: [Feature]
  /// Parts of words.
  let parts: [Feature]
  /// Words of the lexicons; the value is Σ opinion / √(tokens + 1).
  let opinions: [Feature]
  /// ``SentimentEvidence/rules`` of the whole text.
  let rules: [Float]
  /// ``SentimentEvidence/heed(_:)`` of the whole text.
  let heed: Float
  let sentenceCount: Int

  init(_ text: String, lexicon: HashTable<SentimentValence>) {
    var reader = SentimentReader(Array(text.utf8))
    var words: [UInt32] = []
    var parts: [Feature] = []
    var opinions: [Feature] = []
    var evidence = SentimentEvidence()
    var sentenceCount = 0
    while reader.next() {
      sentenceCount += 1
      words += reader.sentence.words
      parts += Self.parts(of: reader.sentence)
      for token in reader.sentence.tokens {
        guard let valence = lexicon[token.hash] else { continue }
        let opinion = SentimentEvidence.corrigible(SentimentEvidence.opinion(token, valence.steps))
        opinions.append(Feature(hash: token.hash, count: 1, value: opinion))
      }
      evidence.addRules(reader.sentence, lexicon: lexicon)
    }
    self.sentenceCount = sentenceCount
    rules = evidence.rules.numbers
    heed = SentimentEvidence.heed(evidence.valence.x)
    self.words = words.sorted().map { Feature(hash: $0, count: 1, value: 1) }
    self.parts = Self.counted(parts)
    let scale = SentimentEvidence.correctionShare / (evidence.tokenCount + 1).squareRoot()
    self.opinions = Self.counted(opinions).map { Feature(hash: $0.hash, count: $0.count, value: $0.value * scale) }
  }

  private static func parts(of sentence: SentimentSentence) -> [Feature] {
    var result: [Feature] = []
    var start = 0
    var hashes = [UInt32](repeating: 0, count: 3 * Int(CK_WORD_BYTES))
    for (end, factor) in zip(sentence.ends, sentence.factors) {
      let word = Array(sentence.letters[start..<Int(end)].prefix(Int(CK_WORD_BYTES)))
      // Reads the word's bytes and writes at most three hashes for each.
      let count = unsafe ck_word_parts(word, word.count, SentimentHash.part, &hashes)
      result += hashes.prefix(count).map { Feature(hash: $0, count: 1, value: factor) }
      start = Int(end)
    }
    return result
  }

  private static func counted(_ features: [Feature]) -> [Feature] {
    var result: [Feature] = []
    // A stable order, so that equal texts give equal sums.
    for (_, feature) in features.enumerated().sorted(by: { ($0.element.hash, $0.offset) < ($1.element.hash, $1.offset) }
    ) {
      if result.last?.hash == feature.hash {
        result[result.count - 1].count += feature.count
        result[result.count - 1].value += feature.value
      } else {
        result.append(feature)
      }
    }
    return result
  }
}

/// The regressions' rows: kept words and parts with their inverse document frequency, as a model will weigh them, then opinions of the
/// lexicons' words, then the rules.
struct SentimentDesign: Sendable {
  /// The kept words, pairs and parts.
  let hashes: [UInt32]
  /// Their inverse document frequencies in ``SentimentModel/idfSteps``.
  let idf: [Int16]
  /// The lexicons' words that occur, whose columns come next.
  let opinions: [UInt32]
  /// How many of them are words and pairs, which come first.
  let wordCount: Int
  /// One row a text, sparse; the rules are the last columns. What only the rating weighs is left out: ``ratingRow(_:_:)`` has it.
  let rows: [[(index: Int32, value: Float)]]
  /// What a text's words are multiplied by where those that are not kept do not count in its length.
  private let knownScales: [Float]

  /// Keeps what occurs often enough and, unless nil, is among `kept`.
  init(_ bags: [SentimentBag], options: SentimentTraining.Options, kept: Set<UInt32>? = nil) {
    var hashes: [UInt32] = []
    var idf: [Int16] = []
    var indexes: [UInt32: Int32] = [:]
    func keep(_ counts: [UInt32: Int], from least: Int) {
      for (hash, count) in counts.sorted(by: { $0.key < $1.key })
      where count >= least && indexes[hash] == nil && kept?.contains(hash) != false {
        indexes[hash] = Int32(hashes.count)
        hashes.append(hash)
        // The smooth inverse document frequency: ln((1 + n) / (1 + count)) + 1.
        let value = naturalLogarithm(Double(1 + bags.count) / Double(1 + count)) + 1
        idf.append(SentimentTraining.steps(value, Double(SentimentModel.idfSteps)))
      }
    }
    keep(Self.textCounts(bags, \.words), from: options.wordExamplesMin)
    wordCount = hashes.count
    keep(Self.textCounts(bags, \.parts), from: options.partExamplesMin)
    let opinions = Self.textCounts(bags, \.opinions).filter { $0.value >= options.wordExamplesMin }.keys.sorted()
    let places = Dictionary(uniqueKeysWithValues: opinions.enumerated().map { ($1, Int32(hashes.count + $0)) })
    let unknown =
      Float(SentimentTraining.steps(options.unknownFrequency, Double(SentimentModel.idfSteps)))
      / SentimentModel.idfSteps
    let inverse = idf.map { Float($0) / SentimentModel.idfSteps }
    func scaled(
      _ features: [SentimentBag.Feature], _ share: Float
    ) -> (row: [(index: Int32, value: Float)], knownScale: Float) {
      var known: [(index: Int32, value: Float)] = []
      var (square, knownSquare): (Float, Float) = (0, 0)
      for feature in features {
        guard let index = indexes[feature.hash] else {
          square += feature.count * unknown * unknown
          continue
        }
        let idf = inverse[Int(index)]
        known.append((index, feature.value * idf))
        knownSquare += feature.count * idf * idf
      }
      square += knownSquare
      let length = square > 0 ? share / square.squareRoot() : 0
      return (
        known.map { ($0.index, $0.value * length) }, knownSquare > 0 ? (square / knownSquare).squareRoot() : 1
      )
    }
    let ruleStart = hashes.count + opinions.count
    var knownScales: [Float] = []
    rows = bags.map { bag in
      var (row, knownScale) = scaled(bag.words, 1)
      knownScales.append(knownScale)
      row += scaled(bag.parts, SentimentEvidence.partShare).row
      row += bag.opinions.compactMap { opinion in places[opinion.hash].map { (index: $0, value: opinion.value) } }
      for (offset, value) in bag.rules.enumerated() where offset != SentimentRules.exclamationIndex {
        row.append((Int32(ruleStart + offset), value))
      }
      return row
    }
    self.knownScales = knownScales
    self.hashes = hashes
    self.idf = idf
    self.opinions = opinions
  }

  /// A text's row as the rating weighs it: its words by the length of those that are kept, and how much it exclaims.
  func ratingRow(_ index: Int, _ bag: SentimentBag) -> [(index: Int32, value: Float)] {
    var row = rows[index]
    for entry in row.indices where Int(row[entry].index) < wordCount { row[entry].value *= knownScales[index] }
    let place = SentimentRules.exclamationIndex
    row.append((Int32(hashes.count + opinions.count + place), bag.rules[place]))
    return row
  }

  /// The `count` words, pairs and parts that move the heads' answers most, each head measured by its strongest.
  func strongest(_ count: Int, heads: [[Double]]) -> Set<UInt32> {
    var squares = [Double](repeating: 0, count: hashes.count)
    for row in rows {
      for (index, value) in row where Int(index) < hashes.count { squares[Int(index)] += Double(value) * Double(value) }
    }
    var importance = [Double](repeating: 0, count: hashes.count)
    for weights in heads {
      let moves = squares.indices.map { abs(weights[$0]) * squares[$0].squareRoot() }
      guard let most = moves.max(), most > 0 else { continue }
      for index in moves.indices { importance[index] += moves[index] / most }
    }
    let order = importance.indices.sorted { (importance[$1], hashes[$0]) < (importance[$0], hashes[$1]) }
    return Set(order.prefix(count).map { hashes[$0] })
  }

  private static func textCounts(
    _ bags: [SentimentBag], _ features: (SentimentBag) -> [SentimentBag.Feature]
  ) -> [UInt32: Int] {
    var counts: [UInt32: Int] = [:]
    for bag in bags {
      for feature in features(bag) { counts[feature.hash, default: 0] += 1 }
    }
    return counts
  }
}
