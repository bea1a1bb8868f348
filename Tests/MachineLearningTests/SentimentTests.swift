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

  @Test func `magnitude grows when a text is doubled`() {
    for text in madeUp(400) + ["I love it. It is great!", "Awful. Broken. I want my money back."] {
      let once = model.score(text).magnitude
      #expect(once > 0 && model.score("\(text)\n\n\(text)").magnitude > 1.9 * once, "\(text)")
      // Without a sign at its end the second text goes on with the first one's last sentence.
      guard let last = text.last, ".!?".contains(last) else { continue }
      #expect(model.score("\(text) \(text)").magnitude > 1.9 * once, "\(text)")
    }
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
    let trained = try SentimentTraining.train(scored + praised, lexicon: ["great": 3.1])
    #expect(trained.score("fantastico").score > 0.05 && trained.score("horriblo").score < -0.05)
    #expect(trained.score("wunder").score > trained.score("jammer").score)
    let bytes = trained.serialized()
    #expect(try SentimentModel(serialized: bytes) == trained)
    #expect(try SentimentTraining.train(scored + praised, lexicon: ["great": 3.1]).serialized() == bytes)
    for length in 0..<bytes.count {
      #expect(throws: MachineLearningError.self) { try SentimentModel(serialized: Array(bytes.prefix(length))) }
    }
  }

  @Test func `the shipped model is small and reads back`() throws {
    let bytes = model.serialized()
    #expect(bytes.count > 100_000 && bytes.count < 1 << 20)
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
