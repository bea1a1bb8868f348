/// The routes as a flat trie over path segments, built once. Matching compares bytes and allocates nothing.
struct RouteTable: Sendable {
  enum Match {
    case found(HTTPRoute)
    case methodNotAllowed([HTTPMethod])
    case notFound
    /// The path decodes to something that no route may see.
    case malformed
  }

  private struct Node {
    var literals: [(text: [UInt8], node: Int)] = []
    var verbs: [(verb: [UInt8], node: Int)] = []
    var parameter = -1
    var routes: [HTTPRoute] = []
  }

  private var nodes = [Node()]

  mutating func insert(_ route: HTTPRoute, _ segments: [PathPattern.Segment]) {
    var at = 0
    for segment in segments {
      var next = nodes.count
      switch segment {
      case .literal(let text):
        if let known = nodes[at].literals.first(where: { $0.text == text }) {
          next = known.node
        } else {
          nodes[at].literals.append((text, next))
        }
      case .parameterWithVerb(let verb):
        if let known = nodes[at].verbs.first(where: { $0.verb == verb }) {
          next = known.node
        } else {
          nodes[at].verbs.append((verb, next))
        }
      case .parameter:
        if nodes[at].parameter >= 0 { next = nodes[at].parameter } else { nodes[at].parameter = next }
      }
      if next == nodes.count { nodes.append(Node()) }
      at = next
    }
    nodes[at].routes.append(route)
  }

  /// Finds the route for a request and notes what it captured.
  func match(_ storage: RequestStorage, method: HTTPMethod) -> Match {
    let path = storage.head.path
    guard !path.isNone else { return .notFound }
    let head = storage.bytes
    let bytes = head.span
    var hasEscape = false
    for position in path.range where bytes[position] == UInt8(ascii: "%") {
      hasEscape = true
      break
    }
    if hasEscape, !isSound(storage.bytes[path.range]) { return .malformed }
    // "/", or no path at all in an absolute target, is the root node, not an empty segment.
    let start = Int(path.start) + 1
    let node = start >= Int(path.end) ? 0 : find(0, bytes, start, Int(path.end), hasEscape, &storage.captures)
    guard node >= 0, !nodes[node].routes.isEmpty else { return .notFound }
    let wanted = method == .head ? .get : method
    for route in nodes[node].routes where route.method == wanted {
      return hasDotSegment(storage) ? .malformed : .found(route)
    }
    return .methodNotAllowed(allowed(nodes[node].routes))
  }

  /// The methods of a path for `Allow`, HEAD and OPTIONS included.
  private func allowed(_ routes: [HTTPRoute]) -> [HTTPMethod] {
    var methods = routes.map(\.method)
    if methods.contains(.get) { methods.append(.head) }
    if !methods.contains(.options) { methods.append(.options) }
    return methods
  }

  /// Depth first, the most particular branch first: a literal, a verb, any segment.
  private func find(
    _ at: Int, _ bytes: borrowing Span<UInt8>, _ start: Int, _ end: Int, _ hasEscape: Bool,
    _ captures: inout [ByteRange]
  ) -> Int {
    var stop = start
    while stop < end, bytes[stop] != UInt8(ascii: "/") { stop &+= 1 }
    let isLast = stop == end
    for (text, node) in nodes[at].literals where equals(bytes, start, stop, text, hasEscape) {
      let found = isLast ? leaf(node) : find(node, bytes, stop &+ 1, end, hasEscape, &captures)
      if found >= 0 { return found }
    }
    guard stop > start else { return -1 }
    let depth = captures.count
    for (verb, node) in nodes[at].verbs where stop &- start > verb.count {
      let colon = stop &- verb.count
      guard equals(bytes, colon, stop, verb, false) else { continue }
      captures.append(ByteRange(start..<colon))
      let found = isLast ? leaf(node) : find(node, bytes, stop &+ 1, end, hasEscape, &captures)
      if found >= 0 { return found }
      captures.removeLast(captures.count - depth)
    }
    if nodes[at].parameter >= 0 {
      captures.append(ByteRange(start..<stop))
      let node = nodes[at].parameter
      let found = isLast ? leaf(node) : find(node, bytes, stop &+ 1, end, hasEscape, &captures)
      if found >= 0 { return found }
      captures.removeLast(captures.count - depth)
    }
    return -1
  }

  private func leaf(_ node: Int) -> Int { nodes[node].routes.isEmpty ? -1 : node }

  private func equals(
    _ bytes: borrowing Span<UInt8>, _ start: Int, _ stop: Int, _ text: [UInt8], _ hasEscape: Bool
  ) -> Bool {
    var position = start
    for wanted in text {
      guard position < stop else { return false }
      var byte = bytes[position]
      if hasEscape, byte == UInt8(ascii: "%") {
        // The parser has checked that two hexadecimal digits follow.
        byte = hexValue(bytes[position &+ 1]) << 4 | hexValue(bytes[position &+ 2])
        position &+= 2
      }
      guard byte == wanted else { return false }
      position &+= 1
    }
    return position == stop
  }

  /// UTF-8 after decoding, without NUL and without a "/" that hides as %2F.
  private func isSound(_ path: ArraySlice<UInt8>) -> Bool {
    guard let decoded = decodePercent(path) else { return false }
    return decoded.utf8.count(where: { $0 == UInt8(ascii: "/") }) == path.count(where: { $0 == UInt8(ascii: "/") })
  }

  /// A parameter that is "." or "..", plain or encoded.
  private func hasDotSegment(_ storage: RequestStorage) -> Bool {
    storage.captures.contains { range in
      guard range.count <= 6, let text = decodePercent(storage.bytes[range.range]) else { return false }
      return text == "." || text == ".."
    }
  }
}
