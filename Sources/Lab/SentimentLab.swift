import CSV
import MachineLearning

/// `lab sentiment`: scores texts with the model that ships, or one of one's own.
public struct SentimentLab: Sendable {
  /// `id,text`.
  public var texts: String
  /// A model that ``SentimentTrainingLab`` wrote; nil for the one that ships.
  public var model: String?
  /// Where `id,score,magnitude` goes.
  public var output: String

  /// A command over a file.
  public init(texts: String, output: String) {
    self.texts = texts
    self.output = output
  }

  private static func read(_ path: String) throws(LabError) -> SentimentModel {
    var source = try FileSource(path)
    let bytes = try source.readAll()
    return try modelling(path) { () throws(MachineLearningError) in try SentimentModel(serialized: bytes) }
  }

  /// Scores every text, in the order of the file.
  public func run() throws(LabError) -> Report {
    var scorer = SentimentScorer(try model.map(Self.read) ?? .shipped)
    var file = try CSVFile(texts)
    let id = try file.column("id")
    let text = try file.column("text")
    var out = try OutputFile(output, header: ["id", "score", "magnitude"])
    var count = 0
    var sentences = 0
    let clock = ContinuousClock()
    var scoring = Duration.zero
    while let row = try file.next() {
      let bytes = Array(row[text])
      let start = clock.now
      let result = scorer.score(utf8: bytes)
      scoring += clock.now - start
      count += 1
      sentences += result.sentences.count
      let name = try file.text(row, id)
      try out.row {
        $0.field(name)
        $0.field(result.score)
        $0.field(result.magnitude)
      }
    }
    try out.finish()
    var report = Report()
    report.add("seconds", seconds(scoring))
    report.add("texts", count)
    report.add("sentences", sentences)
    return report
  }
}

/// `lab sentiment-train`: learns the scorer's weights from given texts.
public struct SentimentTrainingLab: Sendable {
  /// Files with `text` and `score` (-1 to 1).
  public var scores: [String]
  /// Files with `text` and `five_star` (a label).
  public var reviews: [String]
  /// At most two lexicons with a word and its weight (-4 to 4) a line, separated by a tab.
  public var lexicons: [String] = []
  /// The knobs.
  public var options = SentimentTraining.Options()
  /// Where the model goes.
  public var output: String
  /// A command over files.
  public init(scores: [String], reviews: [String], output: String) {
    self.scores = scores
    self.reviews = reviews
    self.output = output
  }

  /// Trains and writes the model.
  public func run() throws(LabError) -> Report {
    var examples: [SentimentTraining.Example] = []
    // Every file is a domain: a kind of texts with a level of its own.
    for (domain, path) in scores.enumerated() {
      var file = try CSVFile(path)
      let (text, score) = (try file.column("text"), try file.column("score"))
      while let row = try file.next() {
        let target = SentimentTraining.Target.score(max(-1, min(1, try file.number(row, score))))
        examples.append(.init(text: row.string(text), target: target, domain: domain))
      }
    }
    for (offset, path) in reviews.enumerated() {
      var file = try CSVFile(path)
      let (text, label) = (try file.column("text"), try file.column("five_star"))
      while let row = try file.next() {
        let target = SentimentTraining.Target.praise(try file.label(row, label))
        examples.append(.init(text: row.string(text), target: target, domain: scores.count + offset))
      }
    }
    var words: [[String: Double]] = []
    for path in lexicons { words.append(try Self.readLexicon(path)) }
    let read = words
    let found = examples
    let (model, seconds) = try measured { () throws(LabError) in
      try modelling(scores.first ?? output) { () throws(MachineLearningError) in
        try SentimentTraining.train(found, lexicons: read, options: options)
      }
    }
    let bytes = model.serialized()
    try OutputFile.write(bytes, to: output)
    var report = Report()
    report.add("seconds", seconds)
    report.add("examples", examples.count)
    report.add("lexicon", words.reduce(0) { $0 + $1.count })
    report.add("bytes", bytes.count)
    return report
  }

  private static func readLexicon(_ path: String) throws(LabError) -> [String: Double] {
    var source = try FileSource(path)
    let bytes = try source.readAll()
    var words: [String: Double] = [:]
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      let fields = line.split(separator: UInt8(ascii: "\t"), maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count >= 2, let weight = parseDecimal(fields[1]) else {
        throw .input(file: path, line: index + 1, column: 1, message: "a word, a tab and its weight are needed")
      }
      words[String(decoding: fields[0], as: UTF8.self)] = weight
    }
    return words
  }
}
