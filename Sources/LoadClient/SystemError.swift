import Glibc

/// A failed call of the operating system.
public struct SystemError: Error, Sendable, Equatable {
  /// What was tried, on what: `open data/orders.csv`.
  public let call: String
  /// The number of the error.
  public let number: Int32

  /// An error of a call, with the `errno` that it left.
  public init(call: String, number: Int32) {
    self.call = call
    self.number = number
  }

  /// The operating system's words for the number.
  public var reason: String {
    // strerror gives a string that lives until the next call on this thread; it is copied at once.
    unsafe String(cString: strerror(number))
  }
}
