/// Which top-level fields of a document are written to JSON, and under which names. Make it once, use it often.
public struct JSONFieldSelection: Sendable {
  /// Every field under its own name.
  public static let all = JSONFieldSelection()

  let outputNames: [[UInt8]]
  private let rules: [Rule]
  private let dropsOthers: Bool

  private struct Rule {
    let key: [UInt8]
    let treatment: Treatment
  }

  enum Treatment {
    case keep
    case drop
    /// Index into `outputNames`: the new name, quoted and escaped.
    case rename(Int)
  }

  /// - Parameters:
  ///   - renaming: names in the document and the names to write instead.
  ///   - dropping: names not to write.
  ///   - keepingOnly: when given, fields that are named neither here nor in `renaming` are not written.
  public init(renaming: [String: String] = [:], dropping: [String] = [], keepingOnly: [String]? = nil) {
    var rules: [Rule] = []
    var names: [[UInt8]] = []
    for (key, name) in renaming.sorted(by: { $0.key < $1.key }) {
      rules.append(Rule(key: Array(key.utf8), treatment: .rename(names.count)))
      var quoted: [UInt8] = []
      JSONEncoding.append(string: name, to: &quoted)
      names.append(quoted)
    }
    rules += dropping.map { Rule(key: Array($0.utf8), treatment: .drop) }
    rules += (keepingOnly ?? []).map { Rule(key: Array($0.utf8), treatment: .keep) }
    self.rules = rules
    outputNames = names
    dropsOthers = keepingOnly != nil
  }

  var isAll: Bool { rules.isEmpty && !dropsOthers }

  /// What renaming may add to the output.
  var outputBytes: Int { outputNames.reduce(0) { $0 + $1.count } }

  /// What to do with the key in `source[start..<end]`: a short linear search, as there are few rules.
  func treatment(of source: borrowing Span<UInt8>, from start: Int, to end: Int) -> Treatment {
    for rule in rules where rule.key.count == end - start {
      var index = 0
      while index < rule.key.count, rule.key[index] == source[start + index] { index += 1 }
      if index == rule.key.count { return rule.treatment }
    }
    return dropsOthers ? .drop : .keep
  }
}
