/// A route's path: literal segments, `{name}`, and `{name}:verb` for methods of a resource that HTTP has no method for.
struct PathPattern {
  enum Segment: Hashable {
    case literal([UInt8])
    case parameter
    case parameterWithVerb([UInt8])
  }

  let text: String
  let segments: [Segment]
  let parameterNames: [String]

  /// Patterns are written by programmers: one that is none stops the program at its start.
  init(_ text: String) {
    precondition(text.hasPrefix("/"), "a pattern begins with /: \(text)")
    var segments: [Segment] = []
    var names: [String] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) where text != "/" {
      guard part.hasPrefix("{") else {
        precondition(!part.isEmpty && !part.contains("{"), "a parameter is a segment's beginning: \(text)")
        segments.append(.literal(Array(part.utf8)))
        continue
      }
      guard let close = part.firstIndex(of: "}") else { preconditionFailure("a brace is open in \(text)") }
      let rest = part[part.index(after: close)...]
      precondition(rest.isEmpty || (rest.hasPrefix(":") && rest.count > 1), "only :verb follows a parameter: \(text)")
      names.append(String(part[part.index(after: part.startIndex)..<close]))
      segments.append(rest.isEmpty ? .parameter : .parameterWithVerb(Array(rest.utf8)))
    }
    precondition(Set(names).count == names.count, "a parameter's name stands once in \(text)")
    self.text = text
    self.segments = segments
    parameterNames = names
  }
}
