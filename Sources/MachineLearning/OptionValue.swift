/// The value of a training option as a caller hands it over, free of any JSON library.
public enum OptionValue: Sendable, Equatable {
  /// A whole number.
  case int(Int)
  /// A number with a fraction or an exponent.
  case double(Double)
  /// true or false.
  case bool(Bool)
  /// A text; names of methods compare without case.
  case string(String)
  /// A list, for custom centroids and the like.
  case list([OptionValue])
}

extension OptionValue: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByStringLiteral
{
  /// A whole number.
  public init(integerLiteral value: Int) { self = .int(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .double(value) }
  /// true or false.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
}

/// Reads options one by one, each with its type and range, and knows at the end which names nobody asked for.
struct OptionReader {
  private let options: [String: OptionValue]
  private var known: Set<String> = []

  /// Names compare without case: BigQuery writes them in either.
  init(_ options: [String: OptionValue]) throws(MachineLearningError) {
    var upper: [String: OptionValue] = [:]
    for (name, value) in options {
      guard upper.updateValue(value, forKey: name.uppercased()) == nil else {
        throw .invalidOption(name: name.uppercased(), reason: "is given twice")
      }
    }
    self.options = upper
  }

  mutating func value(_ name: String) -> OptionValue? {
    known.insert(name)
    return options[name]
  }

  mutating func int(_ name: String, in range: ClosedRange<Int>) throws(MachineLearningError) -> Int? {
    guard let value = value(name) else { return nil }
    let number: Int? =
      switch value {
      case .int(let number): number
      case .double(let number): Int(exactly: number)
      case .bool, .string, .list: nil
      }
    guard let number else { throw .invalidOption(name: name, reason: "must be a whole number") }
    guard range.contains(number) else {
      let limits =
        range.upperBound == .max ? "at least \(range.lowerBound)" : "\(range.lowerBound)...\(range.upperBound)"
      throw .invalidOption(name: name, reason: "must be \(limits), not \(number)")
    }
    return number
  }

  mutating func double(_ name: String, in range: ClosedRange<Double>) throws(MachineLearningError) -> Double? {
    guard let value = value(name) else { return nil }
    let number: Double? =
      switch value {
      case .int(let number): Double(number)
      case .double(let number): number
      case .bool, .string, .list: nil
      }
    guard let number, number.isFinite else { throw .invalidOption(name: name, reason: "must be a number") }
    guard range.contains(number) else {
      let limits =
        range.upperBound == .infinity ? "at least \(range.lowerBound)" : "\(range.lowerBound)...\(range.upperBound)"
      throw .invalidOption(name: name, reason: "must be \(limits), not \(number)")
    }
    return number
  }

  mutating func bool(_ name: String) throws(MachineLearningError) -> Bool? {
    switch value(name) {
    case nil: return nil
    case .bool(let flag): return flag
    case .int, .double, .string, .list: throw .invalidOption(name: name, reason: "must be true or false")
    }
  }

  /// One of an enum's raw values, in any case.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, as type: Choice.Type = Choice.self
  ) throws(MachineLearningError) -> Choice? where Choice.RawValue == String {
    guard let value = value(name) else { return nil }
    if case .string(let text) = value, let choice = Choice(rawValue: text.uppercased()) { return choice }
    let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    throw .invalidOption(name: name, reason: "must be one of \(names)")
  }

  /// Refuses names that no reader asked for.
  func finish() throws(MachineLearningError) {
    if let unknown = options.keys.filter({ !known.contains($0) }).min() {
      throw .invalidOption(name: unknown, reason: "is not an option of this model")
    }
  }
}
