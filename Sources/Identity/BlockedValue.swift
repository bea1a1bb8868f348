/// A value of an identifier that stands for nobody in particular.
///
/// Three spellings, no expression language: `^[abc]*$` is a value of nothing but these characters, `info@` an e-mail address of
/// this local part, everything else the very value in any ASCII case.
struct BlockedValue: Sendable, Equatable {
  private enum Test: Equatable {
    case only(Set<UInt8>)
    case local([UInt8])
    case value([UInt8])
  }

  /// The longest spelling, in bytes.
  static let bytesMax = 256

  /// As it was written.
  let text: String
  private let test: Test

  /// Nil for an empty or too long spelling.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.count <= Self.bytesMax else { return nil }
    self.text = text
    let (opening, closing) = (Array("^[".utf8), Array("]*$".utf8))
    if bytes.count > 5, bytes.starts(with: opening), bytes.suffix(3).elementsEqual(closing) {
      test = .only(Set(bytes[2..<(bytes.count - 3)]))
    } else if bytes.last == UInt8(ascii: "@") {
      test = .local(bytes.dropLast().map(lowered))
    } else {
      test = .value(bytes.map(lowered))
    }
  }

  /// Whether an identifier's value is blocked.
  func matches(_ value: String) -> Bool {
    switch test {
    case .only(let allowed): value.utf8.allSatisfy { allowed.contains($0) }
    case .local(let name): value.utf8.prefix { $0 != UInt8(ascii: "@") }.map(lowered) == name && value.contains("@")
    case .value(let blocked): value.utf8.count == blocked.count && value.utf8.map(lowered) == blocked
    }
  }
}

private func lowered(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
