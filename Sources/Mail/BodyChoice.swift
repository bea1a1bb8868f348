/// Which parts of a message are its body: RFC 2046 §5.1, RFC 2387, RFC 2183.
struct BodyChoice {
  /// The parts of the message.
  let parts: [MIMEMessage.Part]

  /// The leaves of the body in order. `isBlank` is asked only where the choice hangs on it.
  func leaves(isBlank: (Int) throws(MailError) -> Bool) throws(MailError) -> [Int] {
    parts.isEmpty ? [] : try body(of: 0, isBlank)
  }

  private func children(of part: Int) -> [Int] {
    var found: [Int] = []
    var next = part + 1
    while next < parts.count, parts[next].depth > parts[part].depth {
      if parts[next].depth == parts[part].depth + 1 { found.append(next) }
      next += 1
    }
    return found
  }

  private func body(of part: Int, _ isBlank: (Int) throws(MailError) -> Bool) throws(MailError) -> [Int] {
    switch parts[part].kind {
    case .message: return []
    case .leaf: return isText(part) ? [part] : []
    case .multipart: break
    }
    let children = children(of: part)
    switch parts[part].type {
    case "multipart/alternative": return try alternative(children, isBlank)
    case "multipart/related":
      // The root is named by `start`, else it stands first.
      let start = parts[part].start?.trimmingBrackets
      guard let root = children.first(where: { start != nil && parts[$0].contentID == start }) ?? children.first
      else { return [] }
      return try body(of: root, isBlank)
    case "multipart/signed", "multipart/report":
      guard let first = children.first else { return [] }
      return try body(of: first, isBlank)
    case "multipart/encrypted", "multipart/digest": return []
    default: return try mixed(children, isBlank)
    }
  }

  /// One of several forms of the same text: the plain one, unless it is blank; else the first that is not.
  private func alternative(
    _ children: [Int], _ isBlank: (Int) throws(MailError) -> Bool
  ) throws(MailError) -> [Int] {
    var bodies: [[Int]] = []
    for child in children {
      let body = try body(of: child, isBlank)
      if !body.isEmpty { bodies.append(body) }
    }
    let plain = bodies.filter { body in body.allSatisfy { parts[$0].type == "text/plain" } }
    for body in plain + bodies {
      for leaf in body where try !isBlank(leaf) { return body }
    }
    return bodies.first ?? []
  }

  /// Parts that follow each other. A text with the name of a file is a file, unless it stands first.
  private func mixed(_ children: [Int], _ isBlank: (Int) throws(MailError) -> Bool) throws(MailError) -> [Int] {
    var found: [Int] = []
    for child in children {
      if parts[child].kind == .leaf, parts[child].hasFileName, !found.isEmpty { continue }
      found += try body(of: child, isBlank)
    }
    return found
  }

  private func isText(_ part: Int) -> Bool {
    guard !parts[part].isAttachment else { return false }
    return ["text/plain", "text/html", "text/markdown"].contains(parts[part].type)
  }
}

extension String {
  fileprivate var trimmingBrackets: String {
    var rest = self[...]
    if rest.first == "<" { rest.removeFirst() }
    if rest.last == ">" { rest.removeLast() }
    return String(rest)
  }
}
