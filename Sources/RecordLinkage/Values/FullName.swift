/// A name in one piece, as files with a single column for it have it.
public struct FullName: Sendable, Equatable {
  /// First names.
  public let given: String
  /// Family names with the particle and the suffix that belong to them.
  public let surname: String

  /// Takes a name apart: `Anna van Dyke` and `van Dyke, Anna` alike. One word alone is a surname.
  public init(_ text: String) {
    var parts = text.split(separator: ",", maxSplits: 2).map(Self.words).filter { !$0.isEmpty }
    // "Brandt, Jr, Walter" and "Walter Brandt, Jr".
    var suffix: [Substring] = []
    for index in parts.indices.dropFirst().reversed() where Self.isSuffix(parts[index]) {
      suffix = parts.remove(at: index) + suffix
    }
    guard var words = parts.first else {
      (given, surname) = ("", "")
      return
    }
    if parts.count > 1 {
      given = parts[1...].joined().joined(separator: " ")
      surname = (words + suffix).joined(separator: " ")
      return
    }
    while words.count > 2, let last = words.last, Self.isSuffix([last]) { suffix.insert(words.removeLast(), at: 0) }
    var first = max(0, words.count - 1)
    while first > 1, particles.contains(words[first - 1].lowercased()) { first -= 1 }
    given = words[..<first].joined(separator: " ")
    surname = (words[first...] + suffix).joined(separator: " ")
  }

  private static func words(_ text: Substring) -> [Substring] { text.split { $0 == " " || $0 == "\t" } }

  private static func isSuffix(_ words: [Substring]) -> Bool {
    guard words.count == 1 else { return false }
    return suffixes.contains(words[0].lowercased().filter { $0 != "." })
  }
}

private let suffixes: Set<String> = [
  "jr", "sr", "jun", "sen", "junior", "senior", "ii", "iii", "iv", "2nd", "3rd", "4th",
]

private let particles: Set<String> = [
  "van", "von", "der", "den", "de", "del", "della", "di", "da", "dos", "du", "la", "le", "ten", "ter", "zu", "zur",
  "bin",
  "al", "el", "st",
]
