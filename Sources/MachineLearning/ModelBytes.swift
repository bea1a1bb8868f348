// The format of stored models: "C360", a kind, a format version, then fields in the order in which the model writes them. Numbers are
// little-endian, counts 8 bytes; there is no alignment. Equal models give equal bytes.

/// What a stored model is.
enum ModelKind: UInt8 {
  case kMeans = 1, implicit = 2, explicit = 3, churn = 4, forecast = 5, sentiment = 6, clv = 7, rfm = 8
}

private let magic: [UInt8] = Array("C360".utf8)

/// Writes a model's fields.
struct ModelWriter {
  private(set) var bytes: [UInt8]

  init(_ kind: ModelKind, version: UInt16) {
    bytes = magic + [kind.rawValue]
    integer(version)
  }

  mutating func integer(_ value: some FixedWidthInteger) {
    var rest = value.littleEndian
    for _ in 0..<(value.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      if value.bitWidth > 8 { rest >>= 8 }
    }
  }

  mutating func count(_ value: Int) { integer(Int64(value)) }

  mutating func bool(_ value: Bool) { integer(value ? 1 as UInt8 : 0) }

  mutating func double(_ value: Double) { integer(value.bitPattern) }

  mutating func float(_ value: Float) { integer(value.bitPattern) }

  mutating func string(_ value: String) {
    count(value.utf8.count)
    bytes.append(contentsOf: value.utf8)
  }

  mutating func strings(_ values: [String]) {
    count(values.count)
    for value in values { string(value) }
  }

  mutating func floats(_ values: [Float]) {
    count(values.count)
    bytes.reserveCapacity(bytes.count + values.count * 4)
    for value in values { float(value) }
  }

  mutating func doubles(_ values: [Double]) {
    count(values.count)
    for value in values { double(value) }
  }

  mutating func ints(_ values: [Int32]) {
    count(values.count)
    bytes.reserveCapacity(bytes.count + values.count * 4)
    for value in values { integer(value) }
  }
}

/// Reads them back; everything is bounds-checked, so foreign bytes throw and never trap.
struct ModelReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8], _ kind: ModelKind, version: UInt16) throws(MachineLearningError) {
    self.bytes = bytes
    guard bytes.starts(with: magic) else { throw .unreadableModel("it does not start with C360") }
    position = magic.count
    let found: UInt8 = try integer()
    guard found == kind.rawValue else { throw .unreadableModel("it is of kind \(found), expected \(kind.rawValue)") }
    let foundVersion: UInt16 = try integer()
    guard foundVersion == version else { throw .unreadableModel("its format is \(foundVersion), expected \(version)") }
  }

  /// The kind of a stored model, nil when the bytes are none.
  static func kind(of bytes: [UInt8]) -> ModelKind? {
    guard bytes.starts(with: magic), bytes.count > magic.count else { return nil }
    return ModelKind(rawValue: bytes[magic.count])
  }

  mutating func integer<Value: FixedWidthInteger>() throws(MachineLearningError) -> Value {
    let size = Value.bitWidth / 8
    guard bytes.count - position >= size else { throw .unreadableModel("it ends early") }
    var bits: UInt64 = 0
    for offset in 0..<size { bits |= UInt64(bytes[position + offset]) << UInt64(8 * offset) }
    position += size
    return Value(truncatingIfNeeded: bits)
  }

  /// A count of things of at least `size` bytes each.
  mutating func count(of size: Int = 1) throws(MachineLearningError) -> Int {
    let value: Int64 = try integer()
    guard value >= 0, value <= Int64((bytes.count - position) / max(1, size)) else {
      throw .unreadableModel("a count is wrong")
    }
    return Int(value)
  }

  /// A number that counts nothing in the file, in a range.
  mutating func number(in range: ClosedRange<Int>) throws(MachineLearningError) -> Int {
    let value: Int64 = try integer()
    guard let number = Int(exactly: value), range.contains(number) else {
      throw .unreadableModel("a number is out of range")
    }
    return number
  }

  mutating func bool() throws(MachineLearningError) -> Bool {
    let value: UInt8 = try integer()
    guard value < 2 else { throw .unreadableModel("a flag is neither 0 nor 1") }
    return value == 1
  }

  mutating func double() throws(MachineLearningError) -> Double { Double(bitPattern: try integer()) }

  mutating func float() throws(MachineLearningError) -> Float { Float(bitPattern: try integer()) }

  mutating func string() throws(MachineLearningError) -> String {
    let size = try count()
    defer { position += size }
    guard let text = String(validating: bytes[position..<(position + size)], as: UTF8.self) else {
      throw .unreadableModel("a text is not UTF-8")
    }
    return text
  }

  mutating func strings() throws(MachineLearningError) -> [String] {
    let size = try count(of: 8)
    var values: [String] = []
    for _ in 0..<size { values.append(try string()) }
    return values
  }

  mutating func floats() throws(MachineLearningError) -> [Float] {
    let size = try count(of: 4)
    var values: [Float] = []
    values.reserveCapacity(size)
    for _ in 0..<size { values.append(try float()) }
    return values
  }

  mutating func doubles() throws(MachineLearningError) -> [Double] {
    let size = try count(of: 8)
    var values: [Double] = []
    values.reserveCapacity(size)
    for _ in 0..<size { values.append(try double()) }
    return values
  }

  mutating func ints() throws(MachineLearningError) -> [Int32] {
    let size = try count(of: 4)
    var values: [Int32] = []
    values.reserveCapacity(size)
    for _ in 0..<size { values.append(try integer()) }
    return values
  }

  /// Says that nothing may follow.
  func finish() throws(MachineLearningError) {
    guard position == bytes.count else { throw .unreadableModel("bytes follow its end") }
  }
}
