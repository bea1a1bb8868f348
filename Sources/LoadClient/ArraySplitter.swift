/// Items of one JSON array in a stream of chunks. Only brackets, strings and commas are looked at: whether an item is well
/// formed is for the service to say.
struct ArraySplitter {
  /// What the stream holds next.
  enum Piece: Equatable {
    case item(ArraySlice<UInt8>, line: Int)
    /// An item longer than the limit; its beginning. The rest of it is skipped.
    case tooLong(ArraySlice<UInt8>, line: Int)
    /// Not an array from here on; nothing follows.
    case malformed(line: Int, reason: String)
  }

  private enum State { case beforeArray, beforeItem, inItem, afterArray, done }

  private let itemBytesMax: Int
  private var buffer: [UInt8]
  private var state = State.beforeArray
  private var start = 0
  private var scan = 0
  private var line = 1
  private var itemLine = 1
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var isSkipping = false
  private var isFinished = false
  private var itemCount = 0

  init(_ head: [UInt8] = [], itemBytesMax: Int = LoadLimits.recordBytesMax) {
    buffer = head
    self.itemBytesMax = itemBytesMax
  }

  mutating func feed(_ bytes: [UInt8]) {
    let dead = state == .inItem ? start : scan
    buffer.removeFirst(dead)
    scan -= dead
    start -= dead
    buffer += bytes
  }

  mutating func finish() { isFinished = true }

  /// The next piece; nil when more bytes must be fed, or at the end.
  mutating func next() -> Piece? {
    let held = buffer
    let bytes = held.span
    while scan < bytes.count {
      let byte = bytes[scan]
      switch state {
      case .done: return nil
      case .inItem:
        if let piece = inItem(byte, held) { return piece }
      case .beforeArray, .beforeItem, .afterArray:
        if byte == UInt8(ascii: "\n") { line += 1 }
        if byte == UInt8(ascii: "\n") || isBlank(byte) || (state == .beforeArray && [0xEF, 0xBB, 0xBF].contains(byte)) {
          scan += 1
          continue
        }
        if let piece = between(byte) { return piece }
      }
    }
    guard isFinished, state != .done, state != .afterArray else { return nil }
    state = .done
    return .malformed(line: line, reason: "the JSON array does not end")
  }

  private mutating func between(_ byte: UInt8) -> Piece? {
    switch (state, byte) {
    case (.beforeArray, UInt8(ascii: "[")):
      state = .beforeItem
      scan += 1
    case (.beforeItem, UInt8(ascii: "]")) where itemCount == 0:
      state = .afterArray
      scan += 1
    case (.beforeItem, UInt8(ascii: ",")), (.beforeItem, UInt8(ascii: "]")):
      return malformed("an item is missing")
    case (.beforeItem, _):
      state = .inItem
      start = scan
      itemLine = line
      depth = 0
    default: return malformed(state == .afterArray ? "something follows the JSON array" : "not a JSON array")
    }
    return nil
  }

  private mutating func inItem(_ byte: UInt8, _ held: [UInt8]) -> Piece? {
    if byte == UInt8(ascii: "\n") { line += 1 }
    if isInString {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        isInString = false
      }
    } else {
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 {
          guard byte == UInt8(ascii: "]") else { return malformed("a bracket closes that was not opened") }
          return endItem(held, isLast: true)
        }
        depth -= 1
      case UInt8(ascii: ",") where depth == 0: return endItem(held, isLast: false)
      default: break
      }
    }
    scan += 1
    if scan - start > itemBytesMax {
      defer { start = scan }
      if !isSkipping {
        isSkipping = true
        return .tooLong(held[start..<start + min(1024, scan - start)], line: itemLine)
      }
    }
    return nil
  }

  private mutating func endItem(_ held: [UInt8], isLast: Bool) -> Piece? {
    var item = held[start..<scan]
    while let byte = item.last, isBlank(byte) || byte == UInt8(ascii: "\n") { item.removeLast() }
    state = isLast ? .afterArray : .beforeItem
    scan += 1
    itemCount += 1
    if isSkipping {
      isSkipping = false
      return nil
    }
    return .item(item, line: itemLine)
  }

  private mutating func malformed(_ reason: String) -> Piece {
    state = .done
    return .malformed(line: line, reason: reason)
  }
}
