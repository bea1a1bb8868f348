/// A growing buffer for hot loops: `reserve` once, then up to `slack` bytes without a check.
///
/// Safe although it holds a pointer: the memory is its own from init to deinit and every write lies below the capacity.
@safe
struct ByteBuffer: ~Copyable {
  /// What may be written after `reserve()`.
  static let slack = 64

  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    self.capacity = max(capacity, 256) + Self.slack
    unsafe base = .allocate(capacity: self.capacity)
  }

  private init(adopting base: UnsafeMutablePointer<UInt8>, capacity: Int, count: Int) {
    unsafe self.base = base
    self.capacity = capacity
    self.count = count
  }

  deinit {
    if capacity > 0 { unsafe base.deallocate() }
  }

  /// Moves the buffer out. What stays has no memory: with a capacity of 0 the pointer is not followed.
  mutating func take() -> ByteBuffer {
    // The memory's new owner; this one forgets it on the next line.
    let taken = unsafe ByteBuffer(adopting: base, capacity: capacity, count: count)
    capacity = 0
    count = 0
    return taken
  }

  /// Forgets what was written; keeps the memory.
  mutating func clear() { count = 0 }

  /// Forgets what was written from an index on.
  mutating func truncate(to length: Int) {
    precondition(length <= count)
    count = length
  }

  /// Makes room for `slack` bytes.
  @inline(__always)
  mutating func reserve() {
    if capacity - count < Self.slack { grow(by: Self.slack) }
  }

  @inline(never)
  private mutating func grow(by extra: Int) {
    let wider = max(capacity * 2, count + extra + Self.slack)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: wider)
    // Both are at least `count` long; the old memory is given back and not used again.
    unsafe moved.update(from: base, count: count)
    if capacity > 0 { unsafe base.deallocate() }
    unsafe base = moved
    capacity = wider
  }

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    // Within slack: the caller reserved.
    unsafe base[count] = byte
    count += 1
  }

  @inline(__always)
  mutating func put(zeros length: Int) {
    for _ in 0..<length { put(0) }
  }

  /// The first `length` bytes of eight, the lowest first.
  @inline(__always)
  mutating func put(word: UInt64, count length: Int) {
    // Within slack: the caller reserved.
    unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: word.littleEndian, as: UInt64.self)
    count += length
  }

  @inline(__always)
  mutating func put<T: FixedWidthInteger>(littleEndian value: T) {
    // Within slack: the caller reserved.
    unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: value.littleEndian, as: T.self)
    count += MemoryLayout<T>.size
  }

  /// Any number of bytes; makes room for them.
  @inline(__always)
  mutating func put(contentsOf bytes: borrowing Span<UInt8>) {
    let length = bytes.count
    if capacity - count < length { grow(by: length) }
    // The room was just made; the source lives for the call and is no memory of ours.
    unsafe bytes.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      unsafe (base + count).update(from: start, count: length)
    }
    count += length
  }

  /// Overwrites a byte that was put before.
  @inline(__always)
  mutating func set(_ index: Int, to byte: UInt8) {
    precondition(index < count)
    // Checked on the line above.
    unsafe base[index] = byte
  }

  /// NUL, then the length of everything since `start` into the four bytes there: the end of a BSON document.
  mutating func close(from start: Int) {
    reserve()
    put(0)
    setLength(count - start, at: start)
  }

  /// Overwrites four bytes that were put before with a length.
  @inline(__always)
  mutating func setLength(_ length: Int, at index: Int) {
    precondition(index + 4 <= count)
    let value = Int32(truncatingIfNeeded: length).littleEndian
    // Checked two lines above.
    unsafe UnsafeMutableRawPointer(base + index).storeBytes(of: value, as: Int32.self)
  }

  /// The byte at an index below `count`.
  @inline(__always)
  subscript(index: Int) -> UInt8 {
    precondition(index < count)
    // Checked on the line above.
    return unsafe base[index]
  }

  /// The first eight bytes from `index`, of which only those below `count` mean anything.
  @inline(__always)
  func word(at index: Int) -> UInt64 {
    precondition(index + 8 <= capacity)
    // Checked on the line above; bytes past `count` are masked off by the caller.
    return unsafe UInt64(
      littleEndian: UnsafeRawPointer(base + index).loadUnaligned(as: UInt64.self))
  }

  /// Whether two runs of equal length hold the same bytes.
  func equal(_ a: Int, _ b: Int, count length: Int) -> Bool {
    for offset in 0..<length where self[a + offset] != self[b + offset] { return false }
    return true
  }

  /// Feeds a run to a hasher.
  func hash(_ start: Int, count length: Int, into hasher: inout Hasher) {
    precondition(start + length <= count)
    // Checked on the line above.
    unsafe hasher.combine(bytes: UnsafeRawBufferPointer(start: base + start, count: length))
  }

  /// Lends what was written.
  @inline(__always)
  func withSpan<R: ~Copyable, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    // `count` bytes are initialized, and the buffer is borrowed for the call.
    let bytes = unsafe Span(_unsafeStart: UnsafePointer(base), count: count)
    return try body(bytes)
  }

  /// A copy of what was written.
  var bytes: [UInt8] {
    // `count` bytes are initialized.
    unsafe Array(UnsafeBufferPointer(start: base, count: count))
  }

  /// A copy of a part of what was written.
  func bytes(_ start: Int, count length: Int) -> [UInt8] {
    precondition(start + length <= count)
    // Checked on the line above.
    return unsafe Array(UnsafeBufferPointer(start: base + start, count: length))
  }
}
