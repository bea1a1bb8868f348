/// Lines of a stream of chunks: ends at LF or CRLF, blank lines skipped, a byte order mark at the start dropped.
struct LineSplitter {
  /// What the stream holds next.
  enum Piece: Equatable {
    case line(ArraySlice<UInt8>, number: Int)
    /// A line longer than the limit; its beginning.
    case tooLong(ArraySlice<UInt8>, number: Int)
  }

  private let lineBytesMax: Int
  private var buffer: [UInt8]
  private var start = 0
  private var scan = 0
  private var number = 1
  private var isFinished = false
  private var isSkipping = false

  init(_ head: [UInt8] = [], lineBytesMax: Int = LoadLimits.recordBytesMax) {
    buffer = head
    self.lineBytesMax = lineBytesMax
  }

  mutating func feed(_ bytes: [UInt8]) {
    buffer.removeFirst(start)
    scan -= start
    start = 0
    buffer += bytes
  }

  mutating func finish() { isFinished = true }

  /// The next piece; nil when more bytes must be fed, or at the end.
  mutating func next() -> Piece? {
    while true {
      let held = buffer
      let bytes = held.span
      var position = scan
      while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
      scan = position
      let isComplete = scan < bytes.count
      let first = start
      let last = scan
      if !isComplete {
        if !isSkipping, last - first > lineBytesMax {
          isSkipping = true
          start = scan
          return .tooLong(held[first..<first + min(1024, last - first)], number: number)
        }
        if isSkipping || (isFinished && first == last) { start = scan }
        guard isFinished, start < scan else { return nil }
      }
      let thisNumber = number
      scan += isComplete ? 1 : 0
      start = scan
      number += isComplete ? 1 : 0
      if isSkipping {
        isSkipping = false
        continue
      }
      var line = held[first..<last]
      if thisNumber == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
      while let byte = line.first, isBlank(byte) { line.removeFirst() }
      while let byte = line.last, isBlank(byte) { line.removeLast() }
      if line.isEmpty { continue }
      if line.count > lineBytesMax { return .tooLong(line.prefix(1024), number: thisNumber) }
      return .line(line, number: thisNumber)
    }
  }
}

/// White space of JSON without the line feed.
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
