/// One document or statement of a batch that the server refused, for good.
public struct WriteFailure: Sendable, Hashable {
  /// Position in the batch.
  public let index: Int
  /// The server's error code.
  public let code: Int

  /// Whether a unique index has the key already.
  public var isDuplicateKey: Bool { code == ServerCode.duplicateKey }

  /// One sentence; it repeats nothing of the document.
  public var message: String {
    switch code {
    case ServerCode.duplicateKey: "A document with the same key exists."
    case ServerCode.tooLarge, 17280: "The document is too large."
    case 121: "The document does not fit the collection's rules."
    case 15: "The document nests too deeply."
    case 52: "A replacement may not begin with an operator."
    case 9: "An update must begin with an operator."
    default: "The database refused the document."
    }
  }
}

/// What the server holds a batch to.
enum BatchLimits {
  /// A document, as stored.
  static let documentBytesMax = 16 * 1024 * 1024
  /// The documents of one command together; the server allows 16 KiB more for the command around them.
  static let commandBytesMax = 16 * 1024 * 1024
  /// Documents or statements of one command.
  static let statementsMax = 100_000

  /// Cuts `indexes` into runs that one command can carry, in order.
  static func chunks(_ indexes: [Int], bytes: (Int) -> Int) -> [ArraySlice<Int>] {
    var chunks: [ArraySlice<Int>] = []
    var start = indexes.startIndex
    var total = 0
    for position in indexes.indices {
      // An element costs its type byte, up to six digits and a NUL besides.
      let size = bytes(indexes[position]) + 8
      if position > start, total + size > commandBytesMax || position - start == statementsMax {
        chunks.append(indexes[start..<position])
        start = position
        total = 0
      }
      total += size
    }
    if start < indexes.endIndex { chunks.append(indexes[start...]) }
    return chunks
  }
}
