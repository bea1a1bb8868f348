import BSON
import Glibc

extension Connection {
  /// Runs a command until it succeeds, fails for good or the deadline passes, and lets `read` read the reply (`ok: 1`)
  /// in the driver's buffer.
  ///
  /// Sent again, with growing random pauses: commands that a server refused without running them; reads; writes that
  /// carry a transaction number, under the same number, so that the server runs them once.
  borrowing func execute<R>(
    _ command: inout Command, database: String, deadline: Deadline,
    _ read: (borrowing Span<UInt8>) throws(MongoError) -> R
  ) throws(MongoError) -> R {
    if command.needsNumber { command.number(nextTransaction()) }
    var backoff = Backoff()
    var last: MongoError?
    while true {
      guard !deadline.hasPassed else { throw last ?? .deadlineExceeded }
      try pool.waitForPrimary(deadline: deadline)
      command.limit(toMilliseconds: deadline.remainingMilliseconds)
      let error: MongoError
      switch run(command, database: database, deadline: deadline) {
      case .reply(let buffer):
        // The reply lives until this client's next command, which only this function sends.
        let reply = unsafe buffer.span
        if Reply.isOK(reply) { return try read(reply) }
        error = Reply.error(reply)
        guard command.mayRepeat(afterRefusal: error, code: Reply.number("code", reply) ?? 0) else { throw error }
      case .silence(let failure):
        // A silence that lasted to the deadline was the wait for an answer; poll may end a millisecond early.
        let isTimeout = failure == .unavailable(.network) && deadline.remainingMilliseconds <= 2
        error = isTimeout ? .deadlineExceeded : failure
        guard command.mayRepeat(afterSilence: error) else { throw error }
      }
      last = error
      backoff.pause(before: deadline)
    }
  }
}

extension Command {
  /// Whether a command that a server refused may be sent again.
  fileprivate func mayRepeat(afterRefusal error: MongoError, code: Int) -> Bool {
    if ServerCode.isNotPrimary(code) { return true }
    guard ServerCode.isTransient(code) || error.isLabelledRetryable else { return false }
    return retry != .never
  }

  /// Whether a command that nobody answered may be sent again. A primary that could not be found was sent nothing.
  fileprivate func mayRepeat(afterSilence error: MongoError) -> Bool {
    switch error {
    case .unavailable(.noPrimary): true
    case .unavailable(.network): retry != .never
    default: false
    }
  }
}

extension MongoError {
  fileprivate var isLabelledRetryable: Bool {
    if case .command(_, _, let labels) = self { labels.contains("RetryableWriteError") } else { false }
  }
}

/// Pauses between tries: 10 ms, doubling up to 500 ms, each shortened by a random part so that callers spread.
struct Backoff {
  private var milliseconds = 10

  /// Waits, at most until the deadline.
  mutating func pause(before deadline: Deadline) {
    let length = min(Int.random(in: milliseconds / 2...milliseconds), deadline.remainingMilliseconds)
    milliseconds = min(milliseconds * 2, 500)
    guard length > 0 else { return }
    var time = timespec(tv_sec: length / 1000, tv_nsec: length % 1000 * 1_000_000)
    // The struct lives for the call.
    unsafe nanosleep(&time, nil)
  }
}
