extension SentimentModel {
  private static let formatVersion: UInt16 = 5

  /// The model as bytes: equal models give equal bytes.
  public func serialized() -> [UInt8] {
    var writer = ModelWriter(.sentiment, version: Self.formatVersion)
    for weights in ruleWeights { writer.floats(weights.numbers) }
    writer.count(lexicon.entries.count)
    var last: UInt32 = 0
    for entry in lexicon.entries {
      writer.compact(UInt64(entry.hash - last))
      for lane in 0..<SentimentValence.lexiconCount { writer.compact(signed: entry.value.steps[lane]) }
      for head in Head.allCases { writer.compact(signed: entry.value.corrections[head.rawValue]) }
      last = entry.hash
    }
    let entries = weights.ascending
    writer.integer(UInt16(weights.unknown))
    writer.count(entries.count)
    last = 0
    for (hash, value) in entries {
      writer.compact(UInt64(hash - last))
      for lane in 0..<4 { writer.compact(signed: value[lane]) }
      last = hash
    }
    return writer.bytes
  }

  /// Reads what ``serialized()`` wrote; throws ``MachineLearningError/unreadableModel(_:)`` on anything else.
  public init(serialized bytes: [UInt8]) throws(MachineLearningError) {
    var reader = try ModelReader(bytes, .sentiment, version: Self.formatVersion)
    var ruleWeights: [SentimentRules] = []
    for _ in Head.allCases {
      let weights = try reader.floats()
      guard weights.count == SentimentRules.count, weights.allSatisfy(\.isFinite) else {
        throw .unreadableModel("the rules' weights are wrong")
      }
      ruleWeights.append(SentimentRules(weights))
    }
    var lexicon: [HashTable<SentimentValence>.Entry] = []
    var hash: UInt32 = 0
    for index in 0..<(try reader.count(of: 6)) {
      hash = try reader.compactHash(after: hash, isFirst: index == 0)
      var valence = SentimentValence()
      for lane in 0..<SentimentValence.lexiconCount { valence.steps[lane] = try reader.compactSigned() }
      for head in Head.allCases { valence.corrections[head.rawValue] = try reader.compactSigned() }
      lexicon.append(.init(hash: hash, value: valence))
    }
    let unknown: UInt16 = try reader.integer()
    guard unknown < 1 << 15 else { throw .unreadableModel("a frequency is too large") }
    var weights: [(hash: UInt32, value: SIMD4<Int16>)] = []
    hash = 0
    for index in 0..<(try reader.count(of: 5)) {
      hash = try reader.compactHash(after: hash, isFirst: index == 0)
      var value = SIMD4<Int16>.zero
      for lane in 0..<4 { value[lane] = try reader.compactSigned() }
      guard value.w > 0 else { throw .unreadableModel("a frequency is not above 0") }
      weights.append((hash, value))
    }
    try reader.finish()
    self.init(
      lexicon: HashTable(ascending: lexicon), weights: FeatureWeights(ascending: weights, unknown: Int16(unknown)),
      ruleWeights: ruleWeights)
  }
}

// Numbers in groups of 7 bits, the lowest first, and signs in the lowest bit: a third of the plain size.

extension ModelWriter {
  fileprivate mutating func compact(_ value: UInt64) {
    var rest = value
    while rest > 127 {
      integer(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    integer(UInt8(rest))
  }

  fileprivate mutating func compact(signed value: Int16) {
    compact(UInt64(value < 0 ? -2 * Int(value) - 1 : 2 * Int(value)))
  }
}

extension ModelReader {
  fileprivate mutating func compact() throws(MachineLearningError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 35, by: 7) {
      let byte: UInt8 = try integer()
      value |= UInt64(byte & 127) << shift
      if byte < 128 { return value }
    }
    throw .unreadableModel("a number is too long")
  }

  fileprivate mutating func compactSigned() throws(MachineLearningError) -> Int16 {
    let value = try compact()
    guard value < 1 << 16 else { throw .unreadableModel("a weight is too large") }
    return Int16(value & 1 == 1 ? -Int(value >> 1) - 1 : Int(value >> 1))
  }

  fileprivate mutating func compactHash(after last: UInt32, isFirst: Bool) throws(MachineLearningError) -> UInt32 {
    let step = try compact()
    guard step > 0 || isFirst, let hash = UInt32(exactly: UInt64(last) + step) else {
      throw .unreadableModel("hashes do not ascend")
    }
    return hash
  }
}
