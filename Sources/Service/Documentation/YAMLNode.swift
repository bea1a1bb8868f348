/// A value of the YAML that `openapi.yaml` is written in. Scalars stay text: nothing here needs their types.
indirect enum YAMLNode: Equatable {
  case scalar(String)
  case list([YAMLNode])
  /// Keys in the order of the text.
  case map([Entry])

  struct Entry: Equatable {
    let key: String
    let value: YAMLNode
  }

  /// The value under a key of a map.
  subscript(_ key: String) -> YAMLNode? {
    guard case .map(let entries) = self else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// The entries of a map; none for anything else.
  var entries: [Entry] {
    guard case .map(let entries) = self else { return [] }
    return entries
  }

  /// The elements of a list; none for anything else.
  var elements: [YAMLNode] {
    guard case .list(let elements) = self else { return [] }
    return elements
  }

  /// The text of a scalar.
  var text: String? {
    guard case .scalar(let text) = self else { return nil }
    return text
  }
}

/// Why a text is not in the part of YAML that is read here: the line, from 1.
struct YAMLError: Error, Equatable {
  let line: Int
  let reason: String
}
