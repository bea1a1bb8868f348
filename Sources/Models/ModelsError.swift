import MachineLearning
import Store

/// What can go wrong between a caller and the models.
public enum ModelsError: Error, Sendable {
  /// What a caller may name that there is not.
  public enum Resource: String, Sendable {
    case model, version, job, segment, customer, product, endpoint, alias, schedule
  }

  /// There is no such thing.
  case notFound(Resource, id: String)
  /// A model's name is not 1 to 64 letters, digits, `_` or `-`.
  case invalidModelName
  /// A training option is unknown, of another type, out of range, or at odds with another.
  case invalidOption(name: String, reason: String)
  /// An instance cannot be predicted; nothing of the batch is.
  case invalidInstance(index: Int, field: String, reason: String)
  /// More instances than one call takes.
  case tooManyInstances(found: Int, limit: Int)
  /// A parameter of a read is out of range.
  case invalidParameter(name: String, reason: String)
  /// A field of a body cannot be taken.
  case invalidField(name: String, reason: String)
  /// The version did not pass its gate, and the caller did not insist.
  case gateNotPassed(reason: String)
  /// The alias always stands for a version, or is the service's own.
  case aliasReserved(name: String, reason: String)
  /// A training would take more memory than one may.
  case tooMuchMemory(needed: Int, limit: Int)
  /// The model exists, but no version of it serves yet.
  case notTrained(model: String)
  /// There is too little to train on.
  case insufficientData(needed: Int, found: Int, unit: String)
  /// There is more to train on than is held in memory.
  case tooMuchData(limit: Int, unit: String)
  /// So many jobs wait already that no other is taken.
  case busy(limit: Int)
  /// The job has ended and cannot be cancelled.
  case jobEnded(state: String)
  /// The job was cancelled, or its process lost the right to run it.
  case cancelled
  /// A version's stored bytes are incomplete, were changed, or cannot be read by this release.
  case unreadableVersion(id: String, reason: String)
  /// The database answered with an error, or not at all.
  case store(StoreError)

  /// A stable name for API answers.
  public var code: String {
    switch self {
    case .notFound(let resource, _): "\(resource.rawValue)_not_found"
    case .invalidModelName: "invalid_model_name"
    case .invalidOption: "invalid_option"
    case .invalidInstance: "invalid_instance"
    case .tooManyInstances: "too_many_instances"
    case .invalidParameter: "invalid_parameter"
    case .invalidField: "invalid_field"
    case .gateNotPassed: "gate_not_passed"
    case .aliasReserved: "alias_reserved"
    case .tooMuchMemory: "too_much_memory"
    case .notTrained: "model_not_trained"
    case .insufficientData: "insufficient_data"
    case .tooMuchData: "too_much_data"
    case .busy: "training_queue_full"
    case .jobEnded: "job_ended"
    case .cancelled: "cancelled"
    case .unreadableVersion: "unreadable_version"
    case .store: "store_unavailable"
    }
  }

  /// A sentence for people; holds no personal data and no message of the database.
  public var message: String {
    switch self {
    case .notFound(let resource, _): "there is no such \(resource.rawValue)"
    case .invalidModelName: "a model's name is 1 to 64 letters, digits, _ or -"
    case .invalidOption(let name, let reason): "option \(name) \(reason)"
    case .invalidInstance(let index, let field, let reason):
      field.isEmpty ? "instance \(index) \(reason)" : "instance \(index): \(field) \(reason)"
    case .tooManyInstances(let found, let limit): "\(found) instances given, at most \(limit) are taken"
    case .invalidParameter(let name, let reason): "parameter \(name) \(reason)"
    case .invalidField(let name, let reason): "field \(name) \(reason)"
    case .gateNotPassed(let reason): "the version did not pass its gate: \(reason)"
    case .aliasReserved(let name, let reason): "the alias \(name) \(reason)"
    case .tooMuchMemory(let needed, let limit):
      "the training would take up to \(needed) bytes of memory, at most \(limit) are allowed"
    case .notTrained(let model): "no version of \(model) serves yet"
    case .insufficientData(let needed, let found, let unit): "\(found) \(unit) found, at least \(needed) needed"
    case .tooMuchData(let limit, let unit): "more than \(limit) \(unit)"
    case .busy(let limit): "\(limit) jobs wait already"
    case .jobEnded(let state): "the job has \(state)"
    case .cancelled: "the job was cancelled"
    case .unreadableVersion: "the stored model cannot be read"
    case .store: "the database is not available"
    }
  }

  init(_ error: MachineLearningError) {
    switch error {
    case .invalidOption(let name, let reason): self = .invalidOption(name: name, reason: reason)
    case .tooLittleData(let needed, let found, let unit):
      self = .insufficientData(needed: needed, found: found, unit: unit)
    case .invalidInput(let reason): self = .invalidOption(name: "FEATURES", reason: reason)
    case .cancelled: self = .cancelled
    case .unreadableModel(let reason): self = .unreadableVersion(id: "", reason: reason)
    }
  }
}

/// Runs calls of the store and gives their errors the module's type.
func reading<R>(_ body: () throws(StoreError) -> R) throws(ModelsError) -> R {
  do {
    return try body()
  } catch {
    throw .store(error)
  }
}

/// Runs calls of the learning library and gives their errors the module's type.
func learning<R>(_ body: () throws(MachineLearningError) -> R) throws(ModelsError) -> R {
  do {
    return try body()
  } catch {
    throw ModelsError(error)
  }
}
