import MachineLearning
import MongoDB
import Store

/// One kind of training: options that were read, what it would hold, and how it is done.
protocol VersionTraining {
  /// What it would read and hold.
  func plan(deadline: Deadline) throws(ModelsError) -> TrainingPlan
  /// Trains on everything there is. `live` is the version that serves, which the new one is compared with.
  func run(live: LoadedVersion?, handle: JobHandle) throws(ModelsError) -> TrainedVersion
}

extension ClusterTraining: VersionTraining {}
extension FactorizationTraining: VersionTraining {}

/// Where a training reads and what it may use.
struct TrainingSetting {
  let store: Store
  let limits: ModelLimits
  let model: ModelName
  let seed: UInt64
}

extension TrainingOptions {
  /// The training of these options' type; reads the options, so that a mistake is an answer and not a failed job.
  func training(_ setting: TrainingSetting) throws(ModelsError) -> any VersionTraining {
    let (store, limits, model, seed) = (setting.store, setting.limits, setting.model, setting.seed)
    // Every value at the end of a space must be one that the type takes.
    for (name, space) in search?.spaces ?? [] {
      for value in space.ends {
        let one = TrainingOptions(type: type, values: values.merging([name: value]) { $1 })
        _ = try one.training(setting)
      }
    }
    return switch type {
    case .kmeans:
      try ClusterTraining(
        store: store, limits: limits, model: model, seed: seed, values: values, search: search)
    case .matrixFactorization:
      try FactorizationTraining(
        store: store, limits: limits, model: model, seed: seed, values: values, search: search)
    case .churn, .propensity: try PropensityTraining(setting, type: type, values: values)
    case .rfm: try RFMTraining(setting, values: values)
    case .clv: try ValueTraining(setting, values: values)
    case .forecast: try ForecastTraining(setting, values: values)
    case .sentiment: try OpinionTraining(values: values)
    case .recordLinkage:
      throw .invalidOption(
        name: "MODEL_TYPE", reason: "is trained by a scan of all records: POST /identity/duplicates:scan")
    }
  }
}
