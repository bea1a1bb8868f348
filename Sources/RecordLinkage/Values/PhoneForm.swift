/// How telephone numbers of a file are brought to E.164: by the calling code that most numbers with a plus sign have.
struct PhoneForm: Sendable {
  private let code: [UInt8]
  /// Digits that most numbers have behind the calling code.
  private let nationalDigits: Int

  init(_ numbers: some Sequence<UInt64>, callingCodes: [Int: Int]) {
    var lengths: [Int: Int] = [:]
    var withOne = 0, all = 0
    for number in numbers where number > 0 {
      let digits = String(number).utf8
      lengths[digits.count, default: 0] += 1
      all += 1
      if digits.count == 11, digits.first == UInt8(ascii: "1") { withOne += 1 }
    }
    let best = callingCodes.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key
    // Without any plus sign: numbers of eleven digits with a leading 1 are North American.
    let code = best ?? (withOne * 50 > all ? 1 : nil)
    self.code = code.map { Array(String($0).utf8) } ?? []
    let width = self.code.count
    // The commonest length among those for which the number with a code is seen too, else the commonest.
    let common = lengths.max { ($0.value, -$0.key) < ($1.value, -$1.key) }?.key ?? 10
    let shorter = lengths[common - width, default: 0], longer = lengths[common + width, default: 0]
    nationalDigits = width > 0 && shorter > longer ? common - width : common
  }

  /// The number behind the calling code, as digits.
  func national(_ number: UInt64) -> [UInt8] {
    let digits = Array(String(number).utf8)
    if !code.isEmpty, digits.count > nationalDigits, digits.starts(with: code) {
      let rest = digits.dropFirst(code.count).drop { $0 == UInt8(ascii: "0") }
      return Array(rest)
    }
    return digits
  }

  /// Whether a national number has the usual length.
  func isUsual(_ national: [UInt8]) -> Bool { national.count == nationalDigits }

  /// E.164 for a national number, its bare digits when no country is known or it is too long to be of this one.
  func e164(_ national: [UInt8]) -> String {
    let text = String(decoding: national, as: UTF8.self)
    if code.isEmpty { return text }
    return national.count > nationalDigits + 1 ? "+" + text : "+" + String(decoding: code, as: UTF8.self) + text
  }
}
