import BSON
import MachineLearning
import MongoDB
import Store

/// Trains a matrix factorization: decides what it learns from, and hands over to the one that does.
struct FactorizationTraining {
  /// FEEDBACK_TYPE.
  enum Feedback: String, CaseIterable {
    case implicit = "IMPLICIT"
    case explicit = "EXPLICIT"
  }

  let store: Store
  let limits: ModelLimits
  let model: ModelName
  let seed: UInt64
  private let values: [String: OptionValue]
  private let search: HyperparameterSearch?
  /// What the options say; nil leaves it to the data.
  private let feedback: Feedback?

  /// Reads the options, and refuses what neither kind of feedback takes.
  init(
    store: Store, limits: ModelLimits, model: ModelName, seed: UInt64, values: [String: OptionValue],
    search: HyperparameterSearch? = nil
  ) throws(ModelsError) {
    self.store = store
    self.limits = limits
    self.model = model
    self.seed = seed
    let feedback = try Self.feedback(values)
    self.feedback = feedback
    self.values = try Self.withoutSplit(values)
    self.search = search
    _ = try options(feedback ?? .implicit)
  }

  private static func feedback(_ values: [String: OptionValue]) throws(ModelsError) -> Feedback? {
    if let value = values["FEEDBACK_TYPE"] {
      guard case .string(let name) = value, let feedback = Feedback(rawValue: name.uppercased()) else {
        throw .invalidOption(name: "FEEDBACK_TYPE", reason: "must be one of IMPLICIT, EXPLICIT")
      }
      return feedback
    }
    // Options that one kind alone has say which is meant.
    return values["WALS_ALPHA"] != nil || values["HYBRID"] != nil ? .implicit : nil
  }

  /// The final fit takes everything, so of BigQuery ML's ways to split there is one.
  private static func withoutSplit(_ values: [String: OptionValue]) throws(ModelsError) -> [String: OptionValue] {
    var values = values
    guard let split = values.removeValue(forKey: "DATA_SPLIT_METHOD") else { return values }
    guard case .string(let name) = split, name.uppercased() == "NO_SPLIT" else {
      throw .invalidOption(name: "DATA_SPLIT_METHOD", reason: "must be NO_SPLIT")
    }
    return values
  }

  func options(
    _ feedback: Feedback, at point: [String: OptionValue] = [:]
  ) throws(ModelsError) -> FactorizationOptions {
    var values = values.merging(point) { $1 }
    values["FEEDBACK_TYPE"] = .string(feedback.rawValue)
    let given = values
    let options = try learning { () throws(MachineLearningError) in try FactorizationOptions(parsing: given) }
    guard case .implicit(var implicit) = options, values["HYBRID"] == nil else { return options }
    // Whether and how much to blend is chosen by validation.
    implicit.isHybrid = !implicit.isLiteral
    return .implicit(implicit)
  }

  /// Factors that are tried at the most when NUM_FACTORS is left to the search.
  private static let factorsTriedMax = 64
  /// The side of the largest matrix that the regression of items on items inverts.
  static let regressedMax = 3000
  /// Directions that it is taken along at the most, unless whole.
  static let regressedDirectionsMax = 256

  /// Factors that a training may hold at the most.
  func factorsMax(_ feedback: Feedback) throws(ModelsError) -> Int {
    switch try options(feedback) {
    case .implicit(let options): options.factorCount ?? Self.factorsTriedMax
    case .explicit(let options): options.factorCount ?? Self.factorsTriedMax
    }
  }

  /// FEEDBACK_TYPE: as given, or as the data say.
  func decidedFeedback() throws(ModelsError) -> Feedback { if let feedback { feedback } else { try feedbackOfData() } }

  /// Trains on everything there is. `live` is the version that serves, which the new one is compared with.
  func run(live: LoadedVersion?, handle: JobHandle) throws(ModelsError) -> TrainedVersion {
    let feedback = try decidedFeedback()
    var points: [[String: OptionValue]] = []
    var implicit: [ImplicitOptions] = []
    var explicit: [ExplicitOptions] = []
    for point in search?.points(seed: seed) ?? [] {
      points.append(point)
      switch try options(feedback, at: point) {
      case .implicit(let options): implicit.append(options)
      case .explicit(let options): explicit.append(options)
      }
    }
    let base = FactorizationSetting(
      store: store, limits: limits, seed: seed, isFeedbackChosen: self.feedback == nil, points: points,
      objective: search?.objective)
    switch try options(feedback) {
    case .implicit(let options):
      return try ImplicitTraining(base, options: options, trials: implicit).run(live: live, handle: handle)
    case .explicit(let options):
      return try ExplicitTraining(base, options: options, trials: explicit).run(live: live, handle: handle)
    }
  }

  /// For each so many things that customers did, one rating makes ratings the better source.
  private static let eventsPerRating = 10

  /// Ratings, as BigQuery ML has it by default, unless they are few beside what customers did.
  private func feedbackOfData() throws(ModelsError) -> Feedback {
    let deadline = Deadline.after(milliseconds: limits.jobStepTimeoutMs)
    let (ratings, events) = try reading { () throws(StoreError) in
      (
        try store.ratingCount(deadline: deadline),
        try store.projections.activityByDay(deadline: deadline).reduce(0) { $0 + $1.entries }
      )
    }
    return ratings > 0 && ratings * Self.eventsPerRating >= events ? .explicit : .implicit
  }
}
