/// Writes bytes into memory of a fixed size. Every write of up to `slack` bytes is safe while `hasRoom`; who writes more
/// asks again. When room runs out the sink says so and the caller starts anew with more.
///
/// Safe although it holds a pointer: it never leaves the closure that owns the memory, and no write passes `capacity`.
@safe
struct JSONSink {
  /// What may be written after one look at `hasRoom`: the longest scalar (a decimal128, 43 bytes) with punctuation.
  static let slack = 96

  private let base: UnsafeMutablePointer<UInt8>
  private let softEnd: Int
  private(set) var count = 0
  /// Whether output was lost for want of room.
  private(set) var isFull = false
  /// The first thing found wrong with the source.
  var fault: BSONError?

  init?(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
    guard let start = buffer.baseAddress, buffer.count >= Self.slack else { return nil }
    unsafe base = start
    softEnd = buffer.count - Self.slack
  }

  /// Whether `slack` more bytes may be written; notes when they may not.
  @inline(__always)
  var hasRoom: Bool {
    mutating get {
      if count <= softEnd { return true }
      isFull = true
      return false
    }
  }

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    // Within slack: the caller asked hasRoom.
    unsafe base[count] = byte
    count += 1
  }

  /// Up to eight ASCII bytes, the lowest first.
  @inline(__always)
  mutating func put(word: UInt64, count length: Int) {
    // Within slack: the caller asked hasRoom.
    unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: word.littleEndian, as: UInt64.self)
    count += length
  }

  /// Bytes of text known when compiling, shorter than slack.
  @inline(__always)
  mutating func put(_ text: StaticString) {
    // Constant memory of the length it says; within slack: the caller asked hasRoom.
    unsafe (base + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
    count += text.utf8CodeUnitCount
  }

  /// Any number of bytes.
  mutating func put(contentsOf bytes: borrowing Span<UInt8>) {
    guard bytes.count <= softEnd + Self.slack - count else {
      isFull = true
      return
    }
    // The room was just checked.
    unsafe bytes.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      unsafe (base + count).update(from: start, count: source.count)
    }
    count += bytes.count
  }

  /// Lets `body` write at most `length` bytes at the end and say how many it wrote; `length` is within slack.
  @inline(__always)
  mutating func put(atMost length: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
    // Within slack: the caller asked hasRoom, and body keeps to the length.
    count += unsafe body(base + count)
  }
}
