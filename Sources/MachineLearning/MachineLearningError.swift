/// Why a model could not be trained, read or asked.
public enum MachineLearningError: Error, Sendable, Equatable {
  /// An option's name is unknown, or its value is of another type, out of range, or at odds with another option.
  case invalidOption(name: String, reason: String)
  /// There is too little data to train on.
  case tooLittleData(needed: Int, found: Int, unit: String)
  /// Values, shapes or names do not fit together.
  case invalidInput(String)
  /// The caller asked to stop.
  case cancelled
  /// The bytes are not a model, or of another kind or format version.
  case unreadableModel(String)

  /// A stable name for API answers.
  public var code: String {
    switch self {
    case .invalidOption: "invalid_option"
    case .tooLittleData: "too_little_data"
    case .invalidInput: "invalid_input"
    case .cancelled: "cancelled"
    case .unreadableModel: "unreadable_model"
    }
  }

  /// A sentence for people.
  public var message: String {
    switch self {
    case .invalidOption(let name, let reason): "option \(name) \(reason)"
    case .tooLittleData(let needed, let found, let unit): "\(found) \(unit) given, at least \(needed) needed"
    case .invalidInput(let reason): reason
    case .cancelled: "training was cancelled"
    case .unreadableModel(let reason): "the model cannot be read: \(reason)"
    }
  }
}
