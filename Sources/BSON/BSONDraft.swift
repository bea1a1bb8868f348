/// The bytes of a finished document in memory of their own, some of which are still to be filled in: what a command is sent from.
public struct BSONDraft: ~Copyable {
  private var buffer: ByteBuffer

  init(_ buffer: consuming ByteBuffer) { self.buffer = buffer }

  /// Lends the bytes.
  public func withBytes<R: ~Copyable, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    try buffer.withSpan(body)
  }

  /// Overwrites the int32 whose four bytes begin at `offset`.
  public mutating func fill(int32 value: Int32, at offset: Int) { fill(UInt32(bitPattern: value), at: offset) }

  /// Overwrites the int64 whose eight bytes begin at `offset`.
  public mutating func fill(int64 value: Int64, at offset: Int) { fill(UInt64(bitPattern: value), at: offset) }

  private mutating func fill<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    for index in 0..<MemoryLayout<T>.size {
      buffer.set(offset + index, to: UInt8(truncatingIfNeeded: value >> T(8 * index)))
    }
  }
}
