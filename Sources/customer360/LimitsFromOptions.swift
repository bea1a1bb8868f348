import ArgumentParser
import HTTPServer
import Service

/// Limits of which the environment and an option of `serve` may change each.
protocol LimitsFromOptions {}

extension HTTPLimits: LimitsFromOptions {}
extension IntakeLimits: LimitsFromOptions {}

extension LimitsFromOptions {
  /// Sets one limit to what its option says, else to what the environment says, else leaves its default.
  mutating func set(_ limit: WritableKeyPath<Self, Int>, to option: Int?, named name: String) throws {
    guard let value = try option ?? Environment.int(forOption: name) else { return }
    guard value >= 0 else { throw ValidationError("--\(name) must not be negative") }
    self[keyPath: limit] = value
  }
}

extension ArgumentHelp {
  /// What an option says that takes a limit.
  static func limit(_ abstract: String) -> ArgumentHelp { ArgumentHelp(abstract, valueName: "n") }
}
