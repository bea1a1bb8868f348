/// What a plain scalar means by the core schema (YAML 1.2.2, section 10.3.2).
enum YAMLScalar: Equatable {
  case null
  case bool(Bool)
  /// As JSON writes it.
  case number(String)
  case text

  init(plain bytes: [UInt8]) throws(YAMLScalar.Refusal) {
    switch String(decoding: bytes, as: UTF8.self) {
    case "", "~", "null", "Null", "NULL": self = .null
    case "true", "True", "TRUE": self = .bool(true)
    case "false", "False", "FALSE": self = .bool(false)
    default: self = try Self.number(bytes[...]).map { .number($0) } ?? .text
    }
  }

  enum Refusal: Error { case integerOutOfRange, numberOutOfRange }

  private static func number(_ bytes: ArraySlice<UInt8>) throws(Refusal) -> String? {
    if let integer = try based(bytes) { return integer }
    var rest = bytes
    let sign = rest.popFirst { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    let isNegative = sign == UInt8(ascii: "-")
    switch String(decoding: rest, as: UTF8.self) {
    case ".inf", ".Inf", ".INF": throw .numberOutOfRange
    case ".nan", ".NaN", ".NAN":
      guard sign == nil else { return nil }
      throw .numberOutOfRange
    default: break
    }
    let whole = rest.popDigits()
    if rest.isEmpty {
      guard !whole.isEmpty else { return nil }
      guard let value = Int64((isNegative ? "-" : "") + text(whole)) else { throw .integerOutOfRange }
      return String(value)
    }
    var fraction: ArraySlice<UInt8> = []
    let hasPoint = rest.popFirst { $0 == UInt8(ascii: ".") } != nil
    if hasPoint { fraction = rest.popDigits() }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    var exponent = ""
    if rest.popFirst({ $0 | 0x20 == UInt8(ascii: "e") }) != nil {
      exponent = rest.popFirst { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } == UInt8(ascii: "-") ? "e-" : "e"
      let digits = rest.popDigits()
      guard !digits.isEmpty else { return nil }
      exponent += text(digits)
    }
    guard rest.isEmpty else { return nil }
    // JSON wants digits on both sides of a point, and no zero before others.
    let digits = String(text(whole).drop { $0 == "0" })
    let number =
      (isNegative ? "-" : "") + (digits.isEmpty ? "0" : digits) + "." + (fraction.isEmpty ? "0" : text(fraction))
      + exponent
    guard let value = Double(number), value.isFinite else { throw .numberOutOfRange }
    return number
  }

  /// `0o17` and `0xF`, which have no sign.
  private static func based(_ bytes: ArraySlice<UInt8>) throws(Refusal) -> String? {
    let radix: Int
    switch String(decoding: bytes.prefix(2), as: UTF8.self) {
    case "0o": radix = 8
    case "0x": radix = 16
    default: return nil
    }
    let digits = bytes.dropFirst(2)
    let isNumber = digits.allSatisfy { byte in
      radix == 8
        ? (0x30...0x37).contains(byte)
        : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
    guard isNumber, !digits.isEmpty else { return nil }
    guard let value = Int64(text(digits), radix: radix) else { throw .integerOutOfRange }
    return String(value)
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
}

extension ArraySlice<UInt8> {
  fileprivate mutating func popFirst(_ isWanted: (UInt8) -> Bool) -> UInt8? {
    guard let first, isWanted(first) else { return nil }
    return removeFirst()
  }

  fileprivate mutating func popDigits() -> ArraySlice<UInt8> {
    let digits = prefix { (0x30...0x39).contains($0) }
    self = dropFirst(digits.count)
    return digits
  }
}
