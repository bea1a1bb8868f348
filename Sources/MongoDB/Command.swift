import BSON

/// A command as bytes, with the values that change from try to try at known places. Not copied: a batch is megabytes.
struct Command: ~Copyable {
  /// What may be done when it is not known whether the server ran the command.
  enum Retry {
    /// Send it again: running twice is as good as once.
    case idempotent
    /// Send it again with the same transaction number: the server runs it once.
    case numbered
    /// Do not send it again.
    case never
  }

  private(set) var bytes: BSONDraft
  let isWrite: Bool
  let retry: Retry
  private let maxTimeOffset: Int?
  private let writeTimeoutOffset: Int?
  private let transactionOffset: Int?

  /// A command that reads. The server refuses a time limit on some.
  static func read(
    retry: Retry = .idempotent, limitsTime: Bool = true, _ build: (inout BSONWriter) -> Void
  ) -> Command {
    var writer = BSONWriter(reservingCapacity: 512)
    build(&writer)
    let maxTime = limitsTime ? writer.reserveInt32("maxTimeMS") : nil
    return Command(
      bytes: writer.finishDraft(), isWrite: false, retry: retry, maxTimeOffset: maxTime, writeTimeoutOffset: nil,
      transactionOffset: nil)
  }

  /// A command that writes, confirmed by a majority and its journals.
  static func write(retry: Retry, reserving capacity: Int = 512, _ build: (inout BSONWriter) -> Void) -> Command {
    var writer = BSONWriter(reservingCapacity: capacity + 256)
    build(&writer)
    var writeTimeout = 0
    writer.append("writeConcern") { concern in
      concern.append("w", "majority")
      concern.append("j", true)
      writeTimeout = concern.reserveInt32("wtimeout")
    }
    let maxTime = writer.reserveInt32("maxTimeMS")
    var transaction: Int?
    if retry == .numbered {
      writer.append("txnNumber", Int64(0))
      transaction = writer.byteCount - 1 - 8
    }
    return Command(
      bytes: writer.finishDraft(), isWrite: true, retry: retry, maxTimeOffset: maxTime,
      writeTimeoutOffset: writeTimeout, transactionOffset: transaction)
  }

  /// A command of a transaction: no write concern of its own, never sent again by itself. The server refuses a time limit
  /// on some.
  static func inTransaction(
    number: Int64, isFirst: Bool, limitsTime: Bool = true, reserving capacity: Int = 512,
    _ build: (inout BSONWriter) -> Void
  ) -> Command {
    var writer = BSONWriter(reservingCapacity: capacity + 256)
    build(&writer)
    if isFirst {
      writer.append("readConcern") { $0.append("level", "snapshot") }
      writer.append("startTransaction", true)
    }
    writer.append("txnNumber", number)
    writer.append("autocommit", false)
    let maxTime = limitsTime ? writer.reserveInt32("maxTimeMS") : nil
    return Command(
      bytes: writer.finishDraft(), isWrite: true, retry: .never, maxTimeOffset: maxTime, writeTimeoutOffset: nil,
      transactionOffset: nil)
  }

  /// Fills in what is left of the deadline.
  mutating func limit(toMilliseconds milliseconds: Int) {
    let value = Int32(clamping: max(milliseconds, 1))
    if let maxTimeOffset { bytes.fill(int32: value, at: maxTimeOffset) }
    if let writeTimeoutOffset { bytes.fill(int32: value, at: writeTimeoutOffset) }
  }

  /// Whether a number has to be filled in before the command is sent; once filled in it stays.
  private(set) var needsNumber: Bool

  /// Fills in the number under which the server knows this write.
  mutating func number(_ transaction: Int64) {
    if let transactionOffset { bytes.fill(int64: transaction, at: transactionOffset) }
    needsNumber = false
  }

  private init(
    bytes: consuming BSONDraft, isWrite: Bool, retry: Retry, maxTimeOffset: Int?, writeTimeoutOffset: Int?,
    transactionOffset: Int?
  ) {
    self.bytes = bytes
    self.isWrite = isWrite
    self.retry = retry
    self.maxTimeOffset = maxTimeOffset
    self.writeTimeoutOffset = writeTimeoutOffset
    self.transactionOffset = transactionOffset
    needsNumber = transactionOffset != nil
  }
}

extension BSONWriter {
  /// Appends an int32 to be filled in later; returns where its four bytes begin.
  fileprivate mutating func reserveInt32(_ key: String) -> Int {
    append(key, Int32(1))
    return byteCount - 1 - 4
  }
}
