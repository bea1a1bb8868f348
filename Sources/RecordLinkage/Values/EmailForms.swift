import Glibc

/// How people make e-mail addresses of their names, learned from a file: `first.last`, `flast`, `last_first` and so on, digits behind.
struct EmailForms: Sendable {
  /// A way to build the local part. `free` stands for all that is no form of the name.
  static let free = 0
  private static let separators: [[UInt8]] = [[], Array(".".utf8), Array("_".utf8), Array("-".utf8)]
  static let count = 1 + separators.count * 5 + 2

  /// How often each form was seen.
  private var counts = Array(repeating: 1.0, count: EmailForms.count)
  private var total = Double(EmailForms.count)
  /// Addresses that several records give, and those of them that are a slip away from a form: they are meant so.
  private var confirmedNearMisses = 0.5
  private var confirmed = 20.0
  /// Addresses that end with two digits, and those of them where they are the year of birth.
  private var endings = 60.0
  private var birthYears = 1.0

  /// Calls `body` with the local parts that the names give, digits aside: form, first part, separator, last part.
  private static func forEachLocal(
    given: [UInt8], surname: [UInt8], _ body: (Int, ArraySlice<UInt8>, [UInt8], ArraySlice<UInt8>) -> Void
  ) {
    for (index, separator) in separators.enumerated() where !given.isEmpty && !surname.isEmpty {
      let first = 1 + index * 5
      body(first, given[...], separator, surname[...])
      body(first + 1, surname[...], separator, given[...])
      body(first + 2, given[..<1], separator, surname[...])
      body(first + 3, given[...], separator, surname[..<1])
      body(first + 4, surname[...], separator, given[..<1])
    }
    if given.count >= 3 { body(count - 2, given[...], [], []) }
    if surname.count >= 3 { body(count - 1, surname[...], [], []) }
  }

  /// A local part without the digits at its end, and those digits.
  static func split(_ local: ArraySlice<UInt8>) -> (letters: [UInt8], digits: ArraySlice<UInt8>) {
    var end = local.endIndex
    while end > local.startIndex, local[end - 1] &- 48 < 10 { end -= 1 }
    return (Array(local[..<end]), local[end...])
  }

  /// The form that a local part without digits has, given the names. Allocates nothing.
  private static func form(of letters: [UInt8], given: [UInt8], surname: [UInt8]) -> Int {
    if !given.isEmpty, !surname.isEmpty {
      let parts =
        [
          (given[...], surname[...]), (surname[...], given[...]), (given[..<1], surname[...]),
          (given[...], surname[..<1]), (surname[...], given[..<1]),
        ]
        as InlineArray<5, (ArraySlice<UInt8>, ArraySlice<UInt8>)>
      for index in 0..<5 {
        let (first, last) = parts[index]
        let between = letters.count - first.count - last.count
        guard between == 0 || between == 1, letters.starts(with: first),
          letters[(letters.count - last.count)...] == last
        else { continue }
        if let separator = separators.firstIndex(where: {
          $0.elementsEqual(letters[first.count..<(first.count + between)])
        }) {
          return 1 + separator * 5 + index
        }
      }
    }
    if letters == given, given.count >= 3 { return count - 2 }
    return letters == surname && surname.count >= 3 ? count - 1 : free
  }

  /// The forms that are one slip from a local part which is none itself.
  private static func slips(_ letters: [UInt8], given: [UInt8], surname: [UInt8]) -> [(form: Int, text: [UInt8])] {
    guard letters.count >= 5 else { return [] }
    // The surname with another initial is another person of the household, not a slip.
    let extra = letters.count - surname.count
    if extra == 1 || extra == 2, letters.starts(with: surname) || letters[extra...].elementsEqual(surname) { return [] }
    var found: [(form: Int, text: [UInt8])] = []
    forEachLocal(given: given, surname: surname) { form, first, separator, last in
      // Most forms have another length: they are not put together.
      let count = first.count + separator.count + last.count
      guard count >= 5, abs(count - letters.count) <= 1 else { return }
      switch form < Self.count - 2 ? (form - 1) % 5 : 0 {
      case 2: if first.first != letters.first { return }
      case 3, 4: if last.last != letters.last { return }
      default: break
      }
      let text = Array(first) + separator + last
      if editDistance(text.span, letters.span, atMost: 1) == 1 { found.append((form, text)) }
    }
    return found
  }

  /// Notes an address of a person whose names are known.
  mutating func learn(_ local: ArraySlice<UInt8>, given: [UInt8], surname: [UInt8], isConfirmed: Bool) {
    let (letters, _) = Self.split(local)
    let form = Self.form(of: letters, given: given, surname: surname)
    counts[form] += 1
    total += 1
    guard isConfirmed else { return }
    confirmed += 1
    if form == Self.free, !Self.slips(letters, given: given, surname: surname).isEmpty { confirmedNearMisses += 1 }
  }

  /// Notes an address of a person whose year of birth is known.
  mutating func learn(_ local: ArraySlice<UInt8>, birthYear: Int32) {
    guard let number = Self.yearDigits(local) else { return }
    endings += 1
    if number == birthYear % 100 { birthYears += 1 }
  }

  /// How much a year of birth is favoured by an address that ends with its last two digits, as a logarithm.
  func favour(_ local: ArraySlice<UInt8>, birthYear: Int32) -> Double {
    guard Self.yearDigits(local) == birthYear % 100 else { return 0 }
    let chance = 1.0 / 60
    let meant = max(0, (birthYears / endings - chance) / (1 - chance))
    return Glibc.log((meant + (1 - meant) * chance) / chance)
  }

  /// The number at the end of a local part, when it has two digits.
  private static func yearDigits(_ local: ArraySlice<UInt8>) -> Int32? {
    let digits = split(local).digits
    guard digits.count == 2, let first = digits.first, let last = digits.last else { return nil }
    return Int32(first &- 48) * 10 + Int32(last &- 48)
  }

  /// The logarithm of the chance of a local part, given the names.
  func log(_ local: ArraySlice<UInt8>, given: [UInt8], surname: [UInt8]) -> Double {
    let (letters, _) = Self.split(local)
    let form = Self.form(of: letters, given: given, surname: surname)
    if form != Self.free { return Glibc.log(counts[form] / total) }
    let free = Glibc.log(counts[Self.free] / total) - 2.5 * Double(letters.count)
    // A spelling next to a form, if it is meant so, is one of many next to it.
    let near = Self.slips(letters, given: given, surname: surname).map { counts[$0.form] }.max() ?? 0
    let meant = near / total * confirmedNearMisses / confirmed / (12 * Double(letters.count))
    return near > 0 ? max(free, Glibc.log(meant)) : free
  }

  /// Local parts that a form gives and that are one slip from this one.
  func corrections(_ local: ArraySlice<UInt8>, given: [UInt8], surname: [UInt8]) -> [[UInt8]] {
    let (letters, digits) = Self.split(local)
    if Self.form(of: letters, given: given, surname: surname) != Self.free { return [] }
    return Self.slips(letters, given: given, surname: surname).map { $0.text + digits }
  }
}
