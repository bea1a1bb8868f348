import MachineLearning

/// Reads a training's own options out of the given ones; the rest is left for the learning library, which refuses what it does not
/// know.
struct OptionFields {
  private(set) var rest: [String: OptionValue]

  init(_ values: [String: OptionValue]) { rest = values }

  /// Takes an option out that was read otherwise.
  mutating func remove(_ name: String) { rest[name] = nil }

  /// A whole number in a range.
  mutating func int(_ name: String, in range: ClosedRange<Int>) throws(ModelsError) -> Int? {
    guard let value = rest.removeValue(forKey: name) else { return nil }
    var number: Int?
    switch value {
    case .int(let given): number = given
    case .double(let given): number = Int(exactly: given)
    case .bool, .string, .list: break
    }
    guard let number, range.contains(number) else {
      throw .invalidOption(name: name, reason: "must be a whole number, \(range.lowerBound)...\(range.upperBound)")
    }
    return number
  }

  /// A number in a range, its ends included.
  mutating func double(_ name: String, in range: ClosedRange<Double>) throws(ModelsError) -> Double? {
    guard let value = rest.removeValue(forKey: name) else { return nil }
    var number: Double?
    switch value {
    case .int(let given): number = Double(given)
    case .double(let given): number = given
    case .bool, .string, .list: break
    }
    guard let number, range.contains(number) else {
      throw .invalidOption(name: name, reason: "must be a number, \(range.lowerBound)...\(range.upperBound)")
    }
    return number
  }

  /// One of an enum's raw values, in any case.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, as type: Choice.Type = Choice.self
  ) throws(ModelsError) -> Choice? where Choice.RawValue == String {
    guard let value = rest.removeValue(forKey: name) else { return nil }
    if case .string(let text) = value, let choice = Choice(rawValue: text.uppercased()) { return choice }
    let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    throw .invalidOption(name: name, reason: "must be one of \(names)")
  }

  /// A text that is not empty.
  mutating func text(_ name: String) throws(ModelsError) -> String? {
    guard let value = rest.removeValue(forKey: name) else { return nil }
    guard case .string(let text) = value, (1...512).contains(text.utf8.count) else {
      throw .invalidOption(name: name, reason: "must be a text of 1...512 bytes")
    }
    return text
  }

  /// Refuses what nobody asked for.
  func finish() throws(ModelsError) {
    if let unknown = rest.keys.min() { throw .invalidOption(name: unknown, reason: "is not an option of this model") }
  }
}
