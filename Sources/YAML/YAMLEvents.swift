import CLibYAML

/// One event of a YAML text.
struct YAMLEvent {
  enum Kind {
    case documentStart, documentEnd, streamEnd
    case listStart, listEnd, mappingStart, mappingEnd
    case alias
    /// Neither quoted nor a block: its value may be something else than a text.
    case plainScalar
    case textScalar
  }

  var kind: Kind
  /// From 1.
  var line: Int
  /// In characters, from 1.
  var column: Int
  var hasAnchor = false
  var hasTag = false
  /// UTF-8 of a scalar.
  var value: [UInt8] = []

  func error(_ kind: YAMLError.Kind) -> YAMLError { YAMLError(kind, line: line, column: column) }
}

/// The events of a YAML text, one after the other, as libyaml finds them.
// Safe: parser and text never leave, and the value that owns them is the only one that frees them.
@safe struct YAMLEvents: ~Copyable {
  // libyaml keeps pointers into both, so that they have places of their own.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let text: UnsafeMutableBufferPointer<UInt8>

  init(_ bytes: some Collection<UInt8>) {
    unsafe text = .allocate(capacity: max(bytes.count, 1))
    // As many bytes as there is room for.
    _ = unsafe text.initialize(from: bytes)
    unsafe parser = .allocate(capacity: 1)
    unsafe parser.initialize(to: yaml_parser_t())
    // It fails only when there is no memory, and then finds no event.
    _ = unsafe yaml_parser_initialize(parser)
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, text.baseAddress, bytes.count)
  }

  deinit {
    // Each made once, in init.
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe text.deallocate()
  }

  /// The next event. After `.streamEnd` and after an error there is none.
  mutating func next() throws(YAMLError) -> YAMLEvent {
    while true {
      var event = unsafe yaml_event_t()
      // Fills the event, which is freed below.
      guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure() }
      // What was filled above; all that is kept of it is copied.
      defer { unsafe yaml_event_delete(&event) }
      if let found = unsafe Self.read(event) { return found }
    }
  }

  private static func read(_ event: yaml_event_t) -> YAMLEvent? {
    func found(_ kind: YAMLEvent.Kind) -> YAMLEvent {
      // Numbers.
      unsafe YAMLEvent(kind: kind, line: event.start_mark.line + 1, column: event.start_mark.column + 1)
    }
    // Each case reads the member of the union that its type says is there; strings are copied.
    switch unsafe event.type {
    case YAML_STREAM_END_EVENT: return found(.streamEnd)
    case YAML_DOCUMENT_START_EVENT: return found(.documentStart)
    case YAML_DOCUMENT_END_EVENT: return found(.documentEnd)
    case YAML_ALIAS_EVENT: return found(.alias)
    case YAML_SEQUENCE_END_EVENT: return found(.listEnd)
    case YAML_MAPPING_END_EVENT: return found(.mappingEnd)
    case YAML_SEQUENCE_START_EVENT:
      var list = found(.listStart)
      list.hasAnchor = unsafe event.data.sequence_start.anchor != nil
      list.hasTag = unsafe event.data.sequence_start.tag != nil
      return list
    case YAML_MAPPING_START_EVENT:
      var mapping = found(.mappingStart)
      mapping.hasAnchor = unsafe event.data.mapping_start.anchor != nil
      mapping.hasTag = unsafe event.data.mapping_start.tag != nil
      return mapping
    case YAML_SCALAR_EVENT:
      let data = unsafe event.data.scalar
      let isPlain = unsafe data.style == YAML_PLAIN_SCALAR_STYLE
      var scalar = found(isPlain ? .plainScalar : .textScalar)
      scalar.hasAnchor = unsafe data.anchor != nil
      // Of the tag `!` libyaml leaves no more than that the plain style does not mean itself.
      scalar.hasTag = unsafe data.tag != nil || (isPlain && data.plain_implicit == 0)
      scalar.value = unsafe [UInt8](UnsafeBufferPointer(start: data.value, count: data.length))
      return scalar
    default: return nil
    }
  }

  private func failure() -> YAMLError {
    // A constant of libyaml, copied.
    let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "there is no memory"
    guard unsafe parser.pointee.error == YAML_READER_ERROR else {
      let mark = unsafe parser.pointee.problem_mark
      return YAMLError(.syntax(problem), line: mark.line + 1, column: mark.column + 1)
    }
    // Of bytes that are no characters libyaml tells the offset alone.
    let before = unsafe text.prefix(parser.pointee.problem_offset)
    let (line, column) = unsafe YAMLEvents.place(after: before)
    return YAMLError(.syntax(problem), line: line, column: column)
  }

  /// Line and column of what follows some bytes.
  static func place(after bytes: some Sequence<UInt8>) -> (line: Int, column: Int) {
    var (line, column) = (1, 1)
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return (line, column)
  }
}
