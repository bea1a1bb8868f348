/// The routes as a trie over path segments, flat: nodes, edges and literal text lie in arrays of plain numbers, so matching
/// compares bytes, allocates nothing and counts no references.
struct RouteTable: Sendable {
  enum Match {
    case found(HTTPRoute)
    case methodNotAllowed([HTTPMethod])
    case notFound
    /// The path decodes to something that no route may see.
    case malformed
  }

  /// A node's edges by literal segment, by verb after a parameter, and by parameter; and the routes that end here.
  private struct Node {
    var literals = 0..<0
    var verbs = 0..<0
    var parameter = -1
    var routes = 0..<0
  }

  /// Leads to a node past a segment that has this text, or ends in it.
  private struct Edge {
    var text: Range<Int>
    var node: Int
  }

  private var nodes: [Node] = []
  private var edges: [Edge] = []
  private var text: [UInt8] = []
  private var routes: [HTTPRoute] = []

  init(_ declared: [(HTTPRoute, [PathPattern.Segment])]) {
    flatten(declared.map { ($0.0, $0.1[...]) })
  }

  /// Lays out one node and what is below it. Returns its number.
  @discardableResult
  private mutating func flatten(_ declared: [(route: HTTPRoute, rest: ArraySlice<PathPattern.Segment>)]) -> Int {
    let number = nodes.count
    nodes.append(Node())
    let ending = declared.filter(\.rest.isEmpty).map(\.route)
    nodes[number].routes = routes.count..<(routes.count + ending.count)
    routes += ending
    var literals: [(text: [UInt8], node: Int)] = []
    var verbs: [(text: [UInt8], node: Int)] = []
    var seen: Set<PathPattern.Segment> = []
    for segment in declared.compactMap(\.rest.first) where seen.insert(segment).inserted {
      let below = flatten(declared.filter { $0.rest.first == segment }.map { ($0.route, $0.rest.dropFirst()) })
      switch segment {
      case .literal(let text): literals.append((text, below))
      case .parameterWithVerb(let verb): verbs.append((verb, below))
      case .parameter: nodes[number].parameter = below
      }
    }
    nodes[number].literals = add(literals)
    nodes[number].verbs = add(verbs)
    return number
  }

  private mutating func add(_ list: [(text: [UInt8], node: Int)]) -> Range<Int> {
    let start = edges.count
    for (bytes, node) in list {
      edges.append(Edge(text: text.count..<(text.count + bytes.count), node: node))
      text += bytes
    }
    return start..<edges.count
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
    if hasEscape, !isSound(head[path.range]) { return .malformed }
    // "/", or no path at all in an absolute target, is the root node, not an empty segment.
    let start = Int(path.start) + 1
    let node = start >= Int(path.end) ? 0 : find(0, bytes, start, Int(path.end), hasEscape, &storage.captures)
    guard node >= 0, !nodes[node].routes.isEmpty else { return .notFound }
    let wanted = method == .head ? .get : method
    for number in nodes[node].routes where routes[number].method == wanted {
      return hasDotSegment(storage.captures, head) ? .malformed : .found(routes[number])
    }
    return .methodNotAllowed(allowed(routes[nodes[node].routes]))
  }

  /// The methods of a path for `Allow`, HEAD and OPTIONS included.
  private func allowed(_ routes: ArraySlice<HTTPRoute>) -> [HTTPMethod] {
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
    for number in nodes[at].literals where equals(bytes, start, stop, edges[number].text, hasEscape) {
      let node = edges[number].node
      let found = isLast ? leaf(node) : find(node, bytes, stop &+ 1, end, hasEscape, &captures)
      if found >= 0 { return found }
    }
    guard stop > start else { return -1 }
    let depth = captures.count
    for number in nodes[at].verbs where stop &- start > edges[number].text.count {
      let colon = stop &- edges[number].text.count
      guard equals(bytes, colon, stop, edges[number].text, false) else { continue }
      let node = edges[number].node
      captures.append(ByteRange(start..<colon))
      let found = isLast ? leaf(node) : find(node, bytes, stop &+ 1, end, hasEscape, &captures)
      if found >= 0 { return found }
      captures.removeLast(captures.count - depth)
    }
    let node = nodes[at].parameter
    if node >= 0 {
      captures.append(ByteRange(start..<stop))
      let found = isLast ? leaf(node) : find(node, bytes, stop &+ 1, end, hasEscape, &captures)
      if found >= 0 { return found }
      captures.removeLast(captures.count - depth)
    }
    return -1
  }

  private func leaf(_ node: Int) -> Int { nodes[node].routes.isEmpty ? -1 : node }

  private func equals(
    _ bytes: borrowing Span<UInt8>, _ start: Int, _ stop: Int, _ wanted: Range<Int>, _ hasEscape: Bool
  ) -> Bool {
    guard hasEscape || stop &- start == wanted.count else { return false }
    var position = start
    for number in wanted {
      guard position < stop else { return false }
      var byte = bytes[position]
      if hasEscape, byte == UInt8(ascii: "%") {
        // The parser has checked that two hexadecimal digits follow.
        byte = hexValue(bytes[position &+ 1]) << 4 | hexValue(bytes[position &+ 2])
        position &+= 2
      }
      guard byte == text[number] else { return false }
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
  private func hasDotSegment(_ captures: [ByteRange], _ bytes: [UInt8]) -> Bool {
    captures.contains { range in
      guard range.count <= 6,
        bytes[Int(range.start)] == UInt8(ascii: ".") || bytes[Int(range.start)] == UInt8(ascii: "%"),
        let text = decodePercent(bytes[range.range])
      else { return false }
      return text == "." || text == ".."
    }
  }
}
