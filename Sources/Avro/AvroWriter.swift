/// Writes records of one schema as an object container file, piece by piece.
public struct AvroWriter {
  /// The value of one field.
  public enum Value: Sendable, Equatable {
    /// Null, where the field may be.
    case null
    /// Text.
    case string(String)
    /// A double.
    case double(Double)
    /// Milliseconds since 1970.
    case timestamp(Int64)
  }

  /// Bytes of records at which a block is closed.
  static let blockBytesMax = 64 << 10
  /// Bytes of a sync marker.
  public static let syncBytes = 16

  private let schema: AvroSchema
  private let sync: [UInt8]
  private var block: [UInt8] = []
  private var blockCount = 0
  private var out: [UInt8] = []

  /// A writer, whose first bytes are the file's header.
  ///
  /// - Parameter sync: 16 random bytes, by which readers find where blocks end.
  public init(_ schema: AvroSchema, sync: [UInt8]) {
    precondition(sync.count == Self.syncBytes, "a sync marker has 16 bytes")
    self.schema = schema
    self.sync = sync
    out = Array("Obj".utf8) + [1]
    // The metadata: one block of two entries, then the block of none that ends a map.
    Self.append(2, to: &out)
    for (key, value) in [("avro.codec", "deflate"), ("avro.schema", schema.json)] {
      Self.append(key, to: &out)
      Self.append(value, to: &out)
    }
    Self.append(0, to: &out)
    out += sync
  }

  /// Adds a record: a value for each field, in order.
  public mutating func append(_ record: [Value]) {
    precondition(record.count == schema.fields.count, "a record has a value for each field")
    for (field, value) in zip(schema.fields, record) { append(value, of: field) }
    blockCount += 1
    if block.count >= Self.blockBytesMax { closeBlock() }
  }

  /// The bytes that are ready to be written to the file; the writer keeps none of them.
  public mutating func take() -> [UInt8] {
    defer { out = [] }
    return out
  }

  /// The last bytes of the file.
  public mutating func finish() -> [UInt8] {
    closeBlock()
    return take()
  }

  private mutating func append(_ value: Value, of field: AvroSchema.Field) {
    if field.isOptional { Self.append(value == .null ? 0 : 1, to: &block) }
    switch (value, field.type) {
    case (.null, _): precondition(field.isOptional, "the field \(field.name) may not be null")
    case (.string(let text), .string): Self.append(text, to: &block)
    case (.double(let number), .double):
      var bits = number.bitPattern
      for _ in 0..<8 {
        block.append(UInt8(truncatingIfNeeded: bits))
        bits >>= 8
      }
    case (.timestamp(let milliseconds), .timestamp): Self.append(milliseconds, to: &block)
    default: preconditionFailure("a value does not fit the field \(field.name)")
    }
  }

  private mutating func closeBlock() {
    guard blockCount > 0 else { return }
    let packed = Deflate.packed(block)
    Self.append(Int64(blockCount), to: &out)
    Self.append(Int64(packed.count), to: &out)
    out += packed
    out += sync
    block.removeAll(keepingCapacity: true)
    blockCount = 0
  }

  /// A long: zigzag, then seven bits a byte, the lowest first.
  private static func append(_ number: Int64, to out: inout [UInt8]) {
    var rest = UInt64(bitPattern: (number << 1) ^ (number >> 63))
    while rest >= 0x80 {
      out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    out.append(UInt8(truncatingIfNeeded: rest))
  }

  private static func append(_ text: String, to out: inout [UInt8]) {
    append(Int64(text.utf8.count), to: &out)
    out += text.utf8
  }
}
