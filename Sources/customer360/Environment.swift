import ArgumentParser
import Glibc

/// Options that are not given are looked up in the environment: `--data-dir` as `CUSTOMER360_DATA_DIR`.
enum Environment {
  /// The variable of an option: its name in capitals, with underscores, behind the prefix.
  static func name(ofOption option: String) -> String {
    "CUSTOMER360_" + option.uppercased().replacing("-", with: "_")
  }

  /// The variable's value, unless it is unset or empty.
  static func string(forOption option: String) -> String? { variable(name(ofOption: option)) }

  /// The value of a variable by its own name, unless it is unset or empty.
  static func variable(_ name: String) -> String? {
    // getenv's answer is copied before anything could change the environment; nothing here ever does.
    guard let value = unsafe getenv(name).map({ unsafe String(cString: $0) }), !value.isEmpty else { return nil }
    return value
  }

  /// The same as a whole number.
  static func int(forOption option: String) throws -> Int? {
    guard let text = string(forOption: option) else { return nil }
    guard let value = Int(text) else {
      throw ValidationError("\(name(ofOption: option)) must be a whole number, not \(text)")
    }
    return value
  }

  /// The same as a yes or no.
  static func flag(forOption option: String) throws -> Bool {
    switch string(forOption: option)?.lowercased() {
    case nil, "0", "false", "no": return false
    case "1", "true", "yes": return true
    default: throw ValidationError("\(name(ofOption: option)) must be true or false")
    }
  }
}
