import BSON
import MachineLearning

/// The options of a training as the caller gave them: `MODEL_TYPE` and what the learning library reads.
struct TrainingOptions: Sendable {
  let type: ModelType
  /// The options but MODEL_TYPE and those of the search, names in upper case.
  let values: [String: OptionValue]
  /// What is searched for the best; nil when nothing is.
  let search: HyperparameterSearch?

  /// How deep lists may be nested: custom centroids are lists of lists.
  private static let depthMax = 3
  /// Values in one option, in all.
  private static let valuesMax = 100_000

  /// Reads options; without `MODEL_TYPE` the model's name says the type.
  init(_ options: BSONDocument, ofModel model: ModelName) throws(ModelsError) {
    var values: [String: OptionValue] = [:]
    var spaces: [(name: String, space: HyperparameterSearch.Space)] = []
    for element in options {
      let name = element.key.uppercased()
      if let space = element.value.documentValue {
        guard values[name] == nil, !spaces.contains(where: { $0.name == name }) else {
          throw .invalidOption(name: name, reason: "is given twice")
        }
        spaces.append((name, try HyperparameterSearch.space(space, ofOption: name)))
        continue
      }
      var left = Self.valuesMax
      guard let value = Self.value(element.value, depth: 0, left: &left) else {
        throw .invalidOption(name: name, reason: "must be a number, a text, true, false, or a list of these")
      }
      guard values.updateValue(value, forKey: name) == nil, !spaces.contains(where: { $0.name == name }) else {
        throw .invalidOption(name: name, reason: "is given twice")
      }
    }
    // A linkage is trained by a scan for duplicates.
    let types = ModelType.allCases.filter { $0 != .recordLinkage }.map(\.rawValue).joined(separator: ", ")
    switch values.removeValue(forKey: "MODEL_TYPE") {
    case nil:
      guard let type = ModelType(named: model.string) else {
        throw .invalidOption(name: "MODEL_TYPE", reason: "must be given: the model's name is none of \(types)")
      }
      self.type = type
    case .string(let name):
      guard let type = ModelType(named: name) else {
        throw .invalidOption(name: "MODEL_TYPE", reason: "must be one of \(types)")
      }
      self.type = type
    case .int, .double, .bool, .list:
      throw .invalidOption(name: "MODEL_TYPE", reason: "must be one of \(types)")
    }
    var fields = OptionFields(values)
    search = try HyperparameterSearch(&fields, spaces: spaces, type: type)
    self.values = fields.rest
  }

  /// Options without a search.
  init(type: ModelType, values: [String: OptionValue]) {
    self.type = type
    self.values = values
    search = nil
  }

  private static func value(_ value: BSONValue, depth: Int, left: inout Int) -> OptionValue? {
    guard left > 0, depth < depthMax else { return nil }
    left -= 1
    switch value {
    case .bool(let flag): return .bool(flag)
    case .string(let text): return .string(text)
    case .array(let array):
      var list: [OptionValue] = []
      for item in array {
        guard let option = Self.value(item, depth: depth + 1, left: &left) else { return nil }
        list.append(option)
      }
      return .list(list)
    case .double(let number): return .double(number)
    default: return value.intValue.map { .int($0) } ?? value.doubleValue.map { .double($0) }
    }
  }
}
