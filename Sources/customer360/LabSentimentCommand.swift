import ArgumentParser
import Lab

/// `lab sentiment`.
struct LabSentimentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "sentiment", abstract: "Score the opinion of texts.")

  @Option(help: "A CSV file with id,text.")
  var texts: String

  @Option(help: "A model from lab sentiment-train; the one that ships by default.")
  var model: String?

  @Option(help: "Where id,score,magnitude goes.")
  var out: String

  func run() throws {
    var lab = SentimentLab(texts: texts, output: out)
    lab.model = model
    try runLab(lab.run)
  }
}

/// `lab sentiment-train`.
struct LabSentimentTrainingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sentiment-train", abstract: "Learn a sentiment model from scored texts and reviews.")

  @Option(help: "A CSV file with text,score (-1 to 1); may be given several times.")
  var scores: [String] = []

  @Option(help: "A CSV file with text,five_star (a label); may be given several times.")
  var reviews: [String] = []

  @Option(help: "A lexicon to start from: a word, a tab and its weight (-4 to 4) a line; at most two.")
  var lexicon: [String] = []

  @Option(help: "Where the model goes.")
  var out: String

  func run() throws {
    var lab = SentimentTrainingLab(scores: scores, reviews: reviews, output: out)
    lab.lexicons = lexicon
    try runLab(lab.run)
  }
}
