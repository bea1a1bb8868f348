import HTTPServer

/// Refuses what a route does not know: unknown and repeated query parameters, each named.
func checkQuery(_ query: HTTPQuery, allows known: [String]) throws(Problem) {
  guard !query.isEmpty else { return }
  var faults: [Problem.Item] = []
  for name in query.names {
    let shown = shortened(name)
    if !known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
      faults.append(
        .init(code: "unknown_parameter", detail: "There is no query parameter '\(shown)' here.", field: shown))
    } else if query.all(name).count > 1 {
      faults.append(
        .init(code: "repeated_parameter", detail: "The query parameter '\(shown)' may be given once.", field: shown))
    }
  }
  guard let first = faults.first else { return }
  throw Problem(.badRequest, first.code, detail: first.detail, errors: faults)
}

/// A name from outside as it is repeated in an answer: 64 characters at the most.
func shortened(_ name: String) -> String {
  name.unicodeScalars.count > 64 ? String(String.UnicodeScalarView(name.unicodeScalars.prefix(64))) + "…" : name
}

extension HTTPQuery {
  /// The one value of a parameter that lists words separated by commas, each of them known; nil when absent.
  func words(_ name: String, among known: [String]) throws(Problem) -> [String]? {
    guard let text = try one(name) else { return nil }
    var words: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let word = known.first(where: { $0.utf8.elementsEqual(part.utf8) }) else {
        throw .invalidParameter(
          name,
          "The query parameter '\(name)' does not know '\(shortened(String(part)))'; it takes \(known.joined(separator: ", "))."
        )
      }
      if !words.contains(word) { words.append(word) }
    }
    return words
  }
}

extension Problem {
  /// A query parameter with a value that the route cannot take; `wanted` says what it takes.
  static func unusable(_ name: String, _ wanted: String) -> Problem {
    .invalidParameter(name, "The query parameter '\(name)' is \(wanted).")
  }
}
