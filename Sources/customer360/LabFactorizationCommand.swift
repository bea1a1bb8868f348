import ArgumentParser
import Lab

extension FactorizationLab.Feedback: ExpressibleByArgument {}

/// `lab mf`.
struct LabFactorizationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mf", abstract: "Recommend items, or predict ratings, by matrix factorization.")

  @Option(help: "A CSV file with user_id,item_id,rating[,timestamp].")
  var train: String

  @Option(help: "Whether a rating is a yes (implicit) or a number to predict (explicit).")
  var feedback: FactorizationLab.Feedback

  @Option(help: "Implicit: ratings from here up are a yes; all by default.")
  var threshold: Double?

  @Option(help: "NUM_FACTORS; chosen by validation by default.")
  var factors: Int?

  @Option(help: "L2_REG; chosen by validation by default.")
  var l2Reg: Double?

  @Option(help: "WALS_ALPHA; chosen by validation by default.")
  var walsAlpha: Double?

  @Flag(help: "Implicit: blend with item-item regression.")
  var hybrid = false

  @Flag(help: "BigQuery ML's objective and defaults, literally.")
  var bigquery = false

  @Option(help: "Seed of everything random.")
  var seed: UInt64 = 0

  @Option(help: "Threads; the result does not depend on them.")
  var threads = 1

  @Option(help: "Write the best N items of every user: user_id,item_id,rank,score.")
  var recommend: Int?

  @Option(help: "Write the ratings of a file's pairs user_id,item_id: user_id,item_id,predicted_rating.")
  var predict: String?

  @Option(help: "Where to write.")
  var out: String

  func validate() throws {
    guard (recommend == nil) != (predict == nil) else {
      throw ValidationError("Give one of --recommend and --predict.")
    }
  }

  func run() throws {
    let task = predict.map { FactorizationLab.Task.predict(pairs: $0) } ?? .recommend(count: recommend ?? 10)
    var lab = FactorizationLab(train: train, feedback: feedback, task: task, output: out)
    lab.threshold = threshold
    lab.factorCount = factors
    lab.regularization = l2Reg
    lab.alpha = walsAlpha
    lab.isHybrid = hybrid
    lab.isLiteral = bigquery
    lab.seed = seed
    lab.threads = threads
    try runLab(lab.run)
  }
}
