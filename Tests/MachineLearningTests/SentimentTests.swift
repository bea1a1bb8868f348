import Testing

@testable import MachineLearning

@Suite struct SentimentTests {
  private let model = SentimentModel.shipped

  private func sentences(_ text: String) -> [String] {
    let bytes = Array(text.utf8)
    return model.score(utf8: bytes).sentences.map { String(decoding: bytes[$0.range], as: UTF8.self).trimmingSpaces }
  }

  @Test(arguments: ["I love it, it works great!", "Excellent quality and fast delivery.", "Very happy with this :)"])
  func `praise is above 0`(_ text: String) { #expect(model.score(text).score > 0.1) }

  @Test(arguments: [
    "Terrible, it broke after a day.", "I hate it. What a waste of money!", "The worst support ever :(",
  ])
  func `blame is below 0`(_ text: String) { #expect(model.score(text).score < -0.1) }

  @Test func `a negation turns praise around`() {
    #expect(model.score("It is not good.").score < model.score("It is good.").score - 0.2)
  }

  @Test func `an empty text says nothing`() {
    for text in ["", "   \n ", "<br />"] {
      let result = model.score(text)
      #expect(result.score == 0 && result.magnitude == 0 && result.sentences.isEmpty)
    }
  }

  /// Texts made of opinions, with and without signs at their ends.
  private func madeUp(_ count: Int) -> [String] {
    var random = SeededRandom(seed: 7)
    let things = ["the camera", "this coffee", "their support", "my order", "the manual", "it"]
    let says = ["is", "was never", "looks really", "arrived", "is not", "seems SO", "is, but still,"]
    let words = [
      "good", "awful", "broken", "excellent", "late", "tasty", "useless", "fine", "a disappointment", "love :)",
    ]
    let ends = [".", "!", "?", "!!!", "...", ""]
    func pick(_ list: [String]) -> String { list[random.index(below: list.count)] }
    return (0..<count).map { _ in
      (0...random.index(below: 4)).map { _ in "\(pick(things)) \(pick(says)) \(pick(words))\(pick(ends))" }
        .joined(separator: " ")
    }
  }

  @Test(arguments: ["", " ", "\n", "\n\n", " \r\n "])
  func `a doubled text keeps its score and doubles its magnitude`(_ blanks: String) {
    // With and without a sign at the end: the halves may grow together in one sentence, or one word.
    for text in madeUp(400) + ["I love it. It is great!", "not bad but", "good", "I hate it ", "schön 👍", "<br />fine"]
    {
      let (once, twice) = (model.score(text), model.score(text + blanks + text))
      #expect(twice.score == once.score && twice.magnitude == 2 * once.magnitude, "\(text)")
      #expect(once.magnitude == 0 || twice.magnitude > once.magnitude)
      #expect(twice.sentences.map(\.score) == once.sentences.map(\.score) + once.sentences.map(\.score))
      let start = text.utf8.count + blanks.utf8.count
      #expect(
        zip(twice.sentences.suffix(once.sentences.count), once.sentences).allSatisfy {
          $0.range == $1.range.lowerBound + start..<$1.range.upperBound + start
        })
    }
  }

  @Test func `any text doubled has the same score and twice the magnitude`() {
    var random = SeededRandom(seed: 11)
    let letters = Array("abcdegnot !?.,:;)(<>&#@'-\n\u{E9}\u{1F600}AB1".utf8)
    for _ in 0..<1000 {
      let bytes = (0..<random.index(below: 40)).map { _ in letters[random.index(below: letters.count)] }
      let (once, twice) = (model.score(utf8: bytes), model.score(utf8: bytes + [32] + bytes))
      #expect(twice.score == once.score && twice.magnitude == 2 * once.magnitude)
    }
  }

  @Test(arguments: [("😀", "😡"), ("😍", "😢"), ("👍 arrived today", "👎 arrived today")])
  func `emoji say something`(_ praise: String, _ blame: String) {
    #expect(model.score(praise).score > model.score(blame).score + 0.1)
  }

  @Test func `emphasis strengthens, weakening words weaken, and what stands behind but counts more`() {
    #expect(model.score("The food is very good.").score > model.score("The food is good.").score)
    #expect(model.score("The food is good!!!").score > model.score("The food is good.").score)
    #expect(model.score("The food is GREAT, honestly.").score > model.score("The food is great, honestly.").score)
    #expect(model.score("The food is somewhat bad.").score > model.score("The food is very bad.").score)
    #expect(
      model.score("The food is good but the service is terrible.").score
        < model.score("The service is terrible but the food is good.").score)
  }

  @Test func `the score lies between -1 and 1, and magnitude is the sum of the sentences' absolute scores`() {
    for text in madeUp(400) {
      let result = model.score(text)
      #expect(abs(result.score) <= 1)
      #expect(abs(result.magnitude - result.sentences.reduce(0) { $0 + abs($1.score) }) < 1e-12)
    }
  }

  @Test(arguments: [
    ("The camera is excellent and I love it.", "The battery is awful and I hate it."),
    ("Great taste, wonderful aroma!", "The box arrived broken and the seller was rude."),
    ("Fantastic product.", "Terrible customer service."),
  ]) func `praise and blame together give little score and much magnitude`(_ praise: String, _ blame: String) {
    for text in ["\(praise) \(blame)", "\(blame) \(praise)"] {
      let result = model.score(text)
      #expect(abs(result.score) < 0.3, "\(result)")
      #expect(result.magnitude > 0.5 && result.magnitude > 2.5 * abs(result.score), "\(result)")
      #expect(result.sentences.count == 2)
    }
    #expect(model.score(praise).score > 0.2 && model.score(blame).score < -0.2)
  }

  @Test func `scores stay within -1 and 1, whatever the bytes`() {
    var random = SeededRandom(seed: 1)
    for _ in 0..<500 {
      let bytes = (0..<random.index(below: 80)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let result = model.score(utf8: bytes)
      #expect(abs(result.score) <= 1 && result.magnitude >= 0 && result.magnitude <= Double(result.sentences.count))
    }
    let shout = String(repeating: "BEST LOVE GREAT WONDERFUL!!! ", count: 500)
    #expect(abs(model.score(shout).score) <= 1)
  }

  @Test func `sentences end where they end`() {
    #expect(sentences("One. Two! Three? Four") == ["One.", "Two!", "Three?", "Four"])
    #expect(sentences("It costs 3.50 dollars... really.") == ["It costs 3.50 dollars...", "really."])
    #expect(sentences("first<br /><br />second &amp; more").count == 2)
    #expect(sentences("a line\nthat goes on\n\nanother").count == 2)
  }

  @Test func `weights are learnt from scores and from praise, and read back`() throws {
    let scored = (0..<40).map { index in
      SentimentTraining.Example(
        text: index % 2 == 0 ? "the zibble is fantastico" : "the zibble is horriblo",
        target: .score(index % 2 == 0 ? 0.8 : -0.8))
    }
    let praised = (0..<40).map { index in
      SentimentTraining.Example(
        text: index % 2 == 0 ? "such a wunder" : "such a jammer", target: .praise(index % 2 == 0))
    }
    let trained = try SentimentTraining.train(scored + praised, lexicons: [["great": 3.1], ["wonderful": 3]])
    #expect(trained.score("fantastico").score > 0.05 && trained.score("horriblo").score < -0.05)
    #expect(trained.score("wunder").score > trained.score("jammer").score)
    let bytes = trained.serialized()
    #expect(try SentimentModel(serialized: bytes) == trained)
    #expect(
      try SentimentTraining.train(scored + praised, lexicons: [["great": 3.1], ["wonderful": 3]]).serialized() == bytes)
    for length in 0..<bytes.count {
      #expect(throws: MachineLearningError.self) { try SentimentModel(serialized: Array(bytes.prefix(length))) }
    }
  }

  @Test func `the level of a domain is not blamed on its words`() throws {
    // Who writes of kettles scores all of them high, who writes of cables all of them low.
    func examples(_ domains: (Int, Int)) -> [SentimentTraining.Example] {
      (0..<80).flatMap { index -> [SentimentTraining.Example] in
        let (word, change) = index % 2 == 0 ? ("lovely", 0.2) : ("dreadful", -0.2)
        return [
          .init(text: "this \(word) kettle", target: .score(0.5 + change), domain: domains.0),
          .init(text: "that \(word) cable", target: .score(-0.5 + change), domain: domains.1),
        ]
      }
    }
    let together = try SentimentTraining.train(examples((0, 0)), lexicons: [])
    let apart = try SentimentTraining.train(examples((0, 1)), lexicons: [])
    let (kettle, cable) = (apart.score("kettle").score, apart.score("cable").score)
    #expect(together.score("kettle").score > 0.2 && together.score("cable").score < -0.2)
    #expect(abs(kettle) < 0.15 && abs(cable) < 0.15, "\(kettle) \(cable)")
    #expect(apart.score("lovely").score > apart.score("dreadful").score + 0.1)
  }

  @Test func `a louder lexicon leaves less to learned words, but never nothing`() {
    #expect(SentimentEvidence.heed(0) == 1)
    #expect(
      SentimentEvidence.heed(2) < SentimentEvidence.heed(1) && SentimentEvidence.heed(-2) == SentimentEvidence.heed(2))
    #expect(SentimentEvidence.heed(1000) > 0.39)
  }

  @Test func `what a text said before is told from what it says first, across its sentences and again in each text`() {
    var reader = SentimentReader(Array("Good tea. Good tea, good cup!".utf8))
    #expect(reader.next() && reader.sentence.words.count == 3 && reader.sentence.repeated.isEmpty)
    let first = reader.sentence.words
    // "good tea" again, then "tea good", and "good" once more before "cup" and "!".
    #expect(reader.next() && reader.sentence.repeated == first + [first[0]])
    #expect(Set(reader.sentence.words).isDisjoint(with: first) && !reader.next())
    reader.start(Array("Good tea.".utf8))
    #expect(reader.next() && reader.sentence.words == first && reader.sentence.repeated.isEmpty)
  }

  @Test func `hashes are new once in a round, however many there are`() {
    var seen = SeenHashes()
    for round in 0..<3 {
      // More than the table starts with, all crowding into its first places.
      let hashes = (0..<1500).map { UInt32($0 * 4096 + round) }
      #expect(hashes.allSatisfy { seen.insert($0) })
      #expect(!hashes.contains { seen.insert($0) })
      seen.clear()
    }
    #expect(seen.insert(0) && !seen.insert(0))
  }

  @Test func `a text that says a word again is learned from as one that says it once`() {
    let bag = SentimentBag("Tea, tea, tea! Good tea.", lexicon: HashTable([:]))
    // tea, tea tea, !, tea !, good, good tea.
    #expect(bag.words.count == 6 && bag.words.allSatisfy { $0.count == 1 && $0.value == 1 })
    #expect(bag.words.map(\.hash) == bag.words.map(\.hash).sorted())
  }

  @Test func `what is not known makes an opinion less sure, but no rating`() {
    var evidence = SentimentEvidence()
    evidence.words = [1, 1, 1, 4]
    evidence.unknownWords = 3
    #expect(evidence.learned[0] == 0.5 && evidence.learned[1] == 1 && evidence.learned[2] == 0.5)
    evidence.unknownWords = 4
    #expect(evidence.learned[1] == 0)
  }

  /// Reviews: those of the best mark exclaim and say "alpha", the others say "omega", both say "cup".
  private let rated = (0..<60).map { index in
    SentimentTraining.Example(
      text: index % 2 == 0 ? "alpha cup! gone!" : "omega cup. gone.", target: .praise(index % 2 == 0))
  }

  @Test func `exclamation marks count in the rating alone`() throws {
    let model = try SentimentTraining.train(rated, lexicons: [])
    let weights = SentimentModel.Head.allCases.map { model.ruleWeights[$0.rawValue].exclamation }
    #expect(weights[0] == 0 && weights[1] > 0 && weights[2] == 0)
  }

  @Test func `what both kinds of reviews say alike is penalized more than what tells them apart, and the mean stays`() {
    let bags = rated.map { SentimentBag($0.text, lexicon: HashTable([:])) }
    let options = SentimentTraining.Options()
    let design = SentimentDesign(bags, options: options)
    let heads = SentimentHeads(design: design, bags: bags, examples: rated, options: options)
    let evenness = heads.evenness()
    func of(_ word: String) -> Double? {
      design.hashes.firstIndex(of: SentimentHash.mixed(SentimentHash.of(word.utf8))).map { evenness[$0] }
    }
    guard let alpha = of("alpha"), let omega = of("omega"), let cup = of("cup") else {
      Issue.record("a word is not kept")
      return
    }
    #expect(abs(alpha / omega - 1) < 1e-9 && cup > 4 * alpha && alpha < 1 && cup > 1)
    // Without a difference between reviews nothing is told.
    let same = rated.map { SentimentTraining.Example(text: $0.text, target: .praise(true)) }
    let none = SentimentHeads(design: design, bags: bags, examples: same, options: options).evenness()
    #expect(none.count == design.hashes.count && none.allSatisfy { $0 == 1 })
  }

  @Test func `of words of a lexicon that differ in case alone the last in order counts`() throws {
    let examples = [SentimentTraining.Example(text: "a day", target: .score(1))]
    let words = (0..<40).map { "word\($0)" }
    var (one, other) = ([String: Double](), [String: Double](minimumCapacity: 1000))
    for word in words { (one[word.uppercased()], one[word]) = (-2, 2) }
    for word in words.reversed() { (other[word], other[word.uppercased()]) = (2, -2) }
    let last = Dictionary(uniqueKeysWithValues: words.map { ($0, 2.0) })
    let models = try [one, other, last].map { try SentimentTraining.train(examples, lexicons: [$0]) }
    #expect(models.allSatisfy { $0.serialized() == models[2].serialized() })
    #expect(models[0].score("such a word7").score > 0)
  }

  @Test func `no more lexicons than lanes are taken`() {
    let examples = [SentimentTraining.Example(text: "good", target: .score(1))]
    #expect(throws: MachineLearningError.self) {
      try SentimentTraining.train(examples, lexicons: [["a": 1], ["b": 1], ["c": 1]])
    }
  }

  @Test func `as many features are kept as are asked for, and they say nearly the same`() throws {
    let words = ["good", "bad", "late", "tasty", "fine", "old", "new", "box", "cup", "tea"]
    let examples = (0..<200).map { index in
      SentimentTraining.Example(
        text: "\(words[index % 10]) \(words[index / 10 % 10])",
        target: .score(index % 10 == 0 ? 0.9 : index % 10 == 1 ? -0.9 : 0))
    }
    var options = SentimentTraining.Options()
    options.featuresMax = 20
    let few = try SentimentTraining.train(examples, lexicons: [], options: options)
    let all = try SentimentTraining.train(examples, lexicons: [])
    #expect(few.weights.ascending.count == 20 && all.weights.ascending.count > 100)
    #expect(few.score("good tea").score > 0.2 && few.score("bad tea").score < -0.2)
  }

  @Test func `the shipped model is small and reads back`() throws {
    let bytes = model.serialized()
    #expect(bytes.count > 100_000 && bytes.count < 400_000)
    #expect(try SentimentModel(serialized: bytes) == model)
  }
}

@Suite struct SparseRidgeTests {
  @Test func `weights solve the normal equations`() throws {
    // One column: w = Σ weight x y / (Σ weight x² + λ).
    let rows: [[(index: Int32, value: Float)]] = [[(0, 1)], [(0, 2)], [(1, 1)], [(0, 3)]]
    let found = try SparseRidge.solve(
      rows, targets: [1, 3, -1, 100], weights: [1, 0.5, 2, 0], penalties: [0.5, 1], context: TrainingContext())
    #expect(abs(found[0] - (1 + 0.5 * 2 * 3) / (1 + 0.5 * 4 + 0.5)) < 1e-6)
    #expect(abs(found[1] - -2.0 / 3) < 1e-6)
  }
}

extension String {
  fileprivate var trimmingSpaces: String {
    var text = self[...]
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
