import BSON
import MachineLearning

/// NUM_TRIALS: trainings with options drawn from given spaces, of which the best by an objective is kept. The budget is in trials, each
/// with the iterations that MAX_ITERATIONS allows, never in seconds: the same data and seed try the same points.
struct HyperparameterSearch: Sendable {
  /// What one option may be.
  enum Space: Sendable, Equatable {
    /// HPARAM_RANGE: between two numbers, whole ones when both are.
    case range(OptionValue, OptionValue)
    /// HPARAM_CANDIDATES.
    case candidates([OptionValue])

    /// The values at its ends, which must be valid for all between them to be.
    var ends: [OptionValue] {
      switch self {
      case .range(let low, let high): [low, high]
      case .candidates(let values): values
      }
    }
  }

  /// NUM_TRIALS, 1...100.
  let trials: Int
  /// By name.
  let spaces: [(name: String, space: Space)]
  /// HPARAM_TUNING_OBJECTIVES; nil is the type's first.
  let objective: String?

  /// Trials in one training at the most.
  static let trialsMax = 100

  /// The points to try, all different. When the spaces hold no more than the budget, every one of them in order, else as many as the
  /// budget allows, drawn by the seed.
  func points(seed: UInt64) -> [[String: OptionValue]] {
    if let all = grid() { return all }
    var random = SeededRandom(seed: seed)
    var points: [[String: OptionValue]] = []
    // Small spaces beside continuous ones may repeat a point; then another is drawn.
    for _ in 0..<trials * 20 where points.count < trials {
      var point: [String: OptionValue] = [:]
      for (name, space) in spaces { point[name] = Self.draw(space, using: &random) }
      if !points.contains(point) { points.append(point) }
    }
    return points
  }

  private static func draw(_ space: Space, using random: inout SeededRandom) -> OptionValue {
    switch space {
    case .candidates(let values): return values[random.index(below: values.count)]
    case .range(.int(let low), .int(let high)): return .int(low + random.index(below: high - low + 1))
    case .range(let low, let high):
      let (low, high) = (low.number ?? 0, high.number ?? 0)
      return .double(low + (high - low) * random.uniform())
    }
  }

  /// Every point, when they are countable and not more than the budget.
  private func grid() -> [[String: OptionValue]]? {
    var points: [[String: OptionValue]] = [[:]]
    for (name, space) in spaces {
      let values: [OptionValue]
      switch space {
      case .candidates(let given): values = given
      case .range(.int(let low), .int(let high)) where high - low < trials: values = (low...high).map { .int($0) }
      case .range: return nil
      }
      guard points.count * values.count <= trials else { return nil }
      points = points.flatMap { point in
        values.map { value in point.merging([name: value]) { _, new in new } }
      }
    }
    return points
  }
}

// MARK: - Reading

extension HyperparameterSearch {
  /// What a type lets be searched, and by what.
  private static func rules(of type: ModelType) -> (names: [String], initial: (String, Space), objectives: [String])? {
    switch type {
    case .kmeans: (["NUM_CLUSTERS"], ("NUM_CLUSTERS", .range(2, 10)), ["DAVIES_BOULDIN_INDEX"])
    case .matrixFactorization:
      (
        ["NUM_FACTORS", "L2_REG", "WALS_ALPHA"], ("NUM_FACTORS", .range(2, 20)),
        [
          "NORMALIZED_DISCOUNTED_CUMULATIVE_GAIN", "MEAN_AVERAGE_PRECISION", "AVERAGE_RANK", "MEAN_SQUARED_ERROR",
          "R2_SCORE",
        ]
      )
    case .churn, .propensity, .rfm, .clv, .forecast, .sentiment, .recordLinkage: nil
    }
  }

  /// Takes NUM_TRIALS, HPARAM_TUNING_OBJECTIVES and the spaces out of the options; nil when nothing is to be searched. Without a space
  /// BigQuery ML's default of the type's first option is searched.
  init?(
    _ fields: inout OptionFields, spaces given: [(name: String, space: Space)], type: ModelType
  ) throws(ModelsError) {
    let trials = try fields.int("NUM_TRIALS", in: 1...Self.trialsMax)
    let objective = fields.rest["HPARAM_TUNING_OBJECTIVES"] == nil ? nil : try Self.objective(&fields)
    guard let trials else {
      if let space = given.first {
        throw .invalidOption(name: space.name, reason: "is a space to search, which needs NUM_TRIALS")
      }
      if objective != nil { throw .invalidOption(name: "HPARAM_TUNING_OBJECTIVES", reason: "needs NUM_TRIALS") }
      return nil
    }
    guard let rules = Self.rules(of: type) else {
      throw .invalidOption(name: "NUM_TRIALS", reason: "is not an option of this model, which chooses by itself")
    }
    for (name, _) in given where !rules.names.contains(name) {
      throw .invalidOption(name: name, reason: "cannot be searched; \(rules.names.joined(separator: ", ")) can")
    }
    if let objective, !rules.objectives.contains(objective) {
      throw .invalidOption(
        name: "HPARAM_TUNING_OBJECTIVES", reason: "must be one of \(rules.objectives.joined(separator: ", "))")
    }
    if given.isEmpty, fields.rest[rules.initial.0] != nil {
      throw .invalidOption(
        name: "NUM_TRIALS", reason: "needs a HPARAM_RANGE or HPARAM_CANDIDATES: \(rules.initial.0) is fixed")
    }
    self.trials = trials
    self.objective = objective
    spaces = given.isEmpty ? [(rules.initial.0, rules.initial.1)] : given
  }

  /// A text, or a list of one.
  private static func objective(_ fields: inout OptionFields) throws(ModelsError) -> String {
    let name = "HPARAM_TUNING_OBJECTIVES"
    if case .list(let list)? = fields.rest[name], list.count == 1, case .string(let text) = list[0] {
      fields.remove(name)
      return text.uppercased()
    }
    return try fields.text(name)?.uppercased() ?? ""
  }

  /// Reads `{"HPARAM_RANGE": [low, high]}` or `{"HPARAM_CANDIDATES": […]}`.
  static func space(_ document: BSONDocument, ofOption name: String) throws(ModelsError) -> Space {
    let wrong = ModelsError.invalidOption(
      name: name, reason: "must be a value, {\"HPARAM_RANGE\": [low, high]} or {\"HPARAM_CANDIDATES\": […]}")
    guard document.count == 1, let element = document.first(where: { _ in true }),
      let array = element.value.arrayValue
    else { throw wrong }
    var values: [OptionValue] = []
    for item in array {
      switch item {
      case .int32, .int64: values.append(.int(item.intValue ?? 0))
      case .double(let number) where number.isFinite: values.append(.double(number))
      default: throw wrong
      }
    }
    switch element.key.uppercased() {
    case "HPARAM_RANGE":
      guard values.count == 2, let low = values[0].number, let high = values[1].number, low < high else { throw wrong }
      return .range(values[0], values[1])
    case "HPARAM_CANDIDATES":
      guard (1...trialsMax).contains(values.count) else { throw wrong }
      return .candidates(values)
    default: throw wrong
    }
  }
}

extension OptionValue {
  /// The number, when it is one.
  var number: Double? {
    switch self {
    case .int(let number): Double(number)
    case .double(let number): number
    case .bool, .string, .list: nil
    }
  }
}

/// One trial of a search, as the card shows it.
struct Trial {
  let point: [String: OptionValue]
  let objective: Double
  var isBest = false

  /// `[{trialId, hyperparameters, objective, isOptimal}]`.
  static func documents(_ trials: [Trial]) -> [BSONDocument] {
    trials.enumerated().map { index, trial in
      BSONDocument { writer in
        writer.append("trialId", index + 1)
        writer.append(
          "hyperparameters",
          document: { fields in
            for (name, value) in trial.point.sorted(by: { $0.key < $1.key }) {
              if case .int(let number) = value {
                fields.append(name, number)
              } else {
                fields.append(name, value.number ?? 0)
              }
            }
          })
        writer.append("objective", trial.objective)
        writer.append("isOptimal", trial.isBest)
      }
    }
  }
}
