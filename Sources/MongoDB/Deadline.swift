import CMongoC

/// A moment of CLOCK_MONOTONIC by which an operation is over, whatever waits inside it.
public struct Deadline: Sendable, Hashable, Comparable {
  /// Microseconds of CLOCK_MONOTONIC.
  let microseconds: Int64

  init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// So many milliseconds from now; a number below zero has passed already.
  public static func after(milliseconds: Int) -> Deadline {
    Deadline(microseconds: c360_now() + Int64(clamping: min(max(milliseconds, -1), 1 << 40)) * 1000)
  }

  /// Milliseconds left, rounded up; 0 once the deadline has passed.
  public var remainingMilliseconds: Int { max(0, Int((microseconds - c360_now() + 999) / 1000)) }

  /// Whether no time is left.
  public var hasPassed: Bool { c360_now() >= microseconds }

  /// The earlier one is less.
  public static func < (a: Deadline, b: Deadline) -> Bool { a.microseconds < b.microseconds }
}
