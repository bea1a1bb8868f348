import BSON

/// What a YAML text may be at most.
public struct YAMLLimits: Sendable, Hashable {
  /// Nesting of mappings and lists, the outermost counted as one: that of JSON.
  public var depthMax: Int
  /// Length of the text.
  public var bytesMax: Int

  /// Limits; the defaults where not given.
  public init(depthMax: Int = JSONLimits().depthMax, bytesMax: Int = 1 << 20) {
    self.depthMax = depthMax
    self.bytesMax = bytesMax
  }
}

/// YAML to JSON.
public enum YAMLDecoding {
  /// Whether the name of a file says that it holds YAML: `.yaml` or `.yml`.
  public static func isYAML(path: String) -> Bool {
    let name = path.lowercased()
    return name.hasSuffix(".yaml") || name.hasSuffix(".yml")
  }

  /// The one mapping that a text holds, as a JSON object.
  public static func json(ofMapping yaml: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> [UInt8] {
    guard yaml.count <= limits.bytesMax else {
      let (line, column) = YAMLEvents.place(after: yaml.prefix(limits.bytesMax))
      throw YAMLError(.tooLarge, line: line, column: column)
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    var conversion = Conversion(YAMLEvents(yaml.starts(with: mark) ? yaml.dropFirst(mark.count) : yaml[...]), limits)
    return try conversion.run()
  }
}

private struct Conversion: ~Copyable {
  private var events: YAMLEvents
  private let limits: YAMLLimits
  private var json: [UInt8] = []

  init(_ events: consuming YAMLEvents, _ limits: YAMLLimits) {
    self.events = events
    self.limits = limits
  }

  mutating func run() throws(YAMLError) -> [UInt8] {
    let start = try events.next()
    guard start.kind == .documentStart else { throw start.error(.empty) }
    let root = try events.next()
    guard root.kind == .mappingStart || root.kind == .alias else {
      // A text of comments alone, and `---` with nothing behind it.
      throw root.error(root.kind == .plainScalar && root.value.isEmpty ? .empty : .notAMapping)
    }
    try append(root, depth: 1)
    _ = try events.next()
    let end = try events.next()
    guard end.kind == .streamEnd else { throw end.error(.severalDocuments) }
    return json
  }

  /// Appends the value that begins with an event. Recursion is bounded by the limit of depth.
  private mutating func append(_ event: YAMLEvent, depth: Int) throws(YAMLError) {
    try refuseProperties(of: event)
    switch event.kind {
    case .plainScalar:
      switch try scalar(event) {
      case .null: json += Array("null".utf8)
      case .bool(let flag): json += Array((flag ? "true" : "false").utf8)
      case .number(let number): json += Array(number.utf8)
      case .text: append(text: event)
      }
    case .listStart:
      guard depth <= limits.depthMax else { throw event.error(.tooDeep) }
      try appendElements(depth: depth)
    case .mappingStart:
      guard depth <= limits.depthMax else { throw event.error(.tooDeep) }
      try appendMembers(depth: depth)
    default: append(text: event)
    }
  }

  private mutating func appendElements(depth: Int) throws(YAMLError) {
    json.append(UInt8(ascii: "["))
    var isFirst = true
    while true {
      let element = try events.next()
      if element.kind == .listEnd { break }
      if !isFirst { json.append(UInt8(ascii: ",")) }
      isFirst = false
      try append(element, depth: depth + 1)
    }
    json.append(UInt8(ascii: "]"))
  }

  private mutating func appendMembers(depth: Int) throws(YAMLError) {
    json.append(UInt8(ascii: "{"))
    // By bytes: texts that only look alike are two.
    var keys: Set<[UInt8]> = []
    while true {
      let key = try events.next()
      if key.kind == .mappingEnd { break }
      try check(key: key)
      if !keys.isEmpty { json.append(UInt8(ascii: ",")) }
      guard keys.insert(key.value).inserted else { throw key.error(.duplicateKey) }
      append(text: key)
      json.append(UInt8(ascii: ":"))
      try append(try events.next(), depth: depth + 1)
    }
    json.append(UInt8(ascii: "}"))
  }

  private func check(key: YAMLEvent) throws(YAMLError) {
    try refuseProperties(of: key)
    switch key.kind {
    case .textScalar: break
    // A number that is out of range is a number all the same.
    case .plainScalar where (try? YAMLScalar(plain: key.value)) == .text: break
    default: throw key.error(.keyNotText)
    }
    if key.value.contains(0) { throw key.error(.nulInKey) }
  }

  private func refuseProperties(of event: YAMLEvent) throws(YAMLError) {
    if event.kind == .alias || event.hasAnchor { throw event.error(.anchor) }
    if event.hasTag { throw event.error(.tag) }
  }

  private func scalar(_ event: YAMLEvent) throws(YAMLError) -> YAMLScalar {
    do throws(YAMLScalar.Refusal) {
      return try YAMLScalar(plain: event.value)
    } catch {
      switch error {
      case .integerOutOfRange: throw event.error(.integerOutOfRange)
      case .numberOutOfRange: throw event.error(.numberOutOfRange)
      }
    }
  }

  private mutating func append(text event: YAMLEvent) {
    JSONEncoding.append(string: String(decoding: event.value, as: UTF8.self), to: &json)
  }
}
