/// The bytes of a model: `RLM1`, the threshold, shares and probabilities as doubles, then the frequencies of values; all little-endian.
extension LinkageScorer {
  private static let format = Array("RLM1".utf8)
  /// A column has at most this many values: what is more was not written here.
  private static let probabilities = LatentClasses.count * LinkageField.count * 16

  /// Equal models give equal bytes.
  public func serialized() -> [UInt8] {
    var bytes = Self.format
    func append(_ word: UInt64) {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift * 8))) }
    }
    append(threshold.bitPattern)
    append(UInt64(model.records))
    for share in model.classes.shares { append(share.bitPattern) }
    for probability in model.classes.probabilities { append(probability.bitPattern) }
    for column in model.known?.columns ?? [] {
      append(column.filled)
      append(UInt64(column.hashes.count))
      for (hash, records) in zip(column.hashes, column.records) {
        append(hash)
        append(UInt64(records))
      }
    }
    return bytes
  }

  /// Reads what ``serialized()`` has written, with a check at every step.
  public init(serialized bytes: [UInt8]) throws(RecordLinkageError) {
    guard bytes.starts(with: Self.format) else { throw .unreadableModel("its format is unknown") }
    var position = Self.format.count
    func word() throws(RecordLinkageError) -> UInt64 {
      guard bytes.count - position >= 8 else { throw .unreadableModel("it is cut off") }
      defer { position += 8 }
      return (0..<8).reduce(0) { $0 | UInt64(bytes[position + $1]) << UInt64($1 * 8) }
    }
    func number(in range: ClosedRange<Double>) throws(RecordLinkageError) -> Double {
      let number = Double(bitPattern: try word())
      guard range.contains(number) else { throw .unreadableModel("a number is out of range") }
      return number
    }
    func count(atMost max: UInt64) throws(RecordLinkageError) -> Int {
      let count = try word()
      guard count <= max else { throw .unreadableModel("a count is out of range") }
      return Int(count)
    }
    let threshold = try number(in: -1000...1000)
    let records = try count(atMost: 1 << 40)
    var classes = LatentClasses(shares: [], probabilities: [])
    for _ in 0..<LatentClasses.count { classes.shares.append(try number(in: 0...1)) }
    for _ in 0..<Self.probabilities { classes.probabilities.append(try number(in: 0...1)) }
    var columns: [ValueFrequencies.Column] = []
    for _ in 0..<LinkageField.count {
      var column = ValueFrequencies.Column(filled: UInt64(try count(atMost: 1 << 40)))
      for _ in 0..<(try count(atMost: UInt64(ValueFrequencies.valuesMax))) {
        let hash = try word()
        if let last = column.hashes.last, last >= hash { throw .unreadableModel("its values are in disorder") }
        column.hashes.append(hash)
        column.records.append(UInt32(try count(atMost: UInt64(UInt32.max))))
      }
      columns.append(column)
    }
    guard position == bytes.count else { throw .unreadableModel("it is too long") }
    self.init(
      model: LinkageModel(classes, records: records, known: ValueFrequencies(columns: columns)), threshold: threshold)
  }
}
