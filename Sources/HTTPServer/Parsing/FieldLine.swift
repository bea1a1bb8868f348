extension RequestHead {
  /// Reads `name ":" OWS value OWS` (RFC 9112 section 5). The bytes of the line are text already.
  mutating func readField(_ line: ByteRange, of input: borrowing Span<UInt8>, from base: Int) throws(ParseFailure) {
    let field = try fieldRange(line, of: input, from: base)
    try note(field, input, base)
    fields.append(field)
  }

  /// Takes note of the fields that say where the message ends and whether the connection goes on.
  @inline(__always)
  private mutating func note(
    _ field: FieldRange, _ input: borrowing Span<UInt8>, _ base: Int
  ) throws(ParseFailure) {
    let name = ByteRange(Int(field.name.start) &+ base..<Int(field.name.end) &+ base)
    switch name.count {
    case 4 where input.holds(lowercase: "host", at: name):
      guard !hostSeen else { throw .repeatedHost }
      hostSeen = true
      let start = base &+ Int(field.value.start), end = base &+ Int(field.value.end)
      guard isAuthority(input, from: start, to: end, portNeeded: false) else { throw .malformedHost }
      // The authority of an absolute target wins (RFC 9112 section 3.2.2).
      if authority.isNone { authority = field.value }
    case 6 where input.holds(lowercase: "expect", at: name):
      noteExpectation(input, base, field.value)
    case 10 where input.holds(lowercase: "connection", at: name):
      noteConnection(input, base, field.value)
    case 14 where input.holds(lowercase: "content-length", at: name):
      guard contentLengthField.isNone else { throw .repeatedContentLength }
      contentLengthField = field.value
    case 17 where input.holds(lowercase: "transfer-encoding", at: name):
      guard transferEncodingField.isNone else { throw .repeatedTransferEncoding }
      transferEncodingField = field.value
    default: break
    }
  }

  /// `Connection` is a list of tokens (RFC 9110 section 7.6.1); close wins over keep-alive.
  private mutating func noteConnection(_ input: borrowing Span<UInt8>, _ base: Int, _ value: ByteRange) {
    var items = ListItems(base &+ Int(value.start), base &+ Int(value.end))
    while let item = items.next(in: input) {
      if input.holds(lowercase: "close", at: item) { saysClose = true }
      if input.holds(lowercase: "keep-alive", at: item) { saysKeepAlive = true }
    }
  }

  /// `Expect` (RFC 9110 section 10.1.1): anything but 100-continue is not ours.
  private mutating func noteExpectation(_ input: borrowing Span<UInt8>, _ base: Int, _ value: ByteRange) {
    var items = ListItems(base &+ Int(value.start), base &+ Int(value.end))
    while let item = items.next(in: input) {
      if !input.holds(lowercase: "100-continue", at: item) {
        expectation = .other
      } else if expectation == .none {
        expectation = .continue100
      }
    }
  }
}

/// Splits a field line. Also used for trailer fields, which are checked and dropped.
func fieldRange(
  _ line: ByteRange, of input: borrowing Span<UInt8>, from base: Int
) throws(ParseFailure) -> FieldRange {
  var start = base &+ Int(line.start)
  var end = base &+ Int(line.end)
  guard !isOptionalSpace(input[start]) else { throw .obsoleteFolding }
  var colon = start
  while colon < end, ByteSet.token.contains(input[colon]) { colon &+= 1 }
  guard colon > start, colon < end, input[colon] == UInt8(ascii: ":") else {
    throw colon > start && colon < end && isOptionalSpace(input[colon]) ? .spaceBeforeColon : .malformedField
  }
  let name = ByteRange(start &- base..<colon &- base)
  start = colon &+ 1
  while start < end, isOptionalSpace(input[start]) { start &+= 1 }
  while end > start, isOptionalSpace(input[end &- 1]) { end &-= 1 }
  return FieldRange(name: name, value: ByteRange(start &- base..<end &- base))
}

/// The items of a comma-separated list, without the white space around them; empty items are skipped (RFC 9110 section 5.6.1).
struct ListItems {
  private var position: Int
  private let end: Int

  init(_ start: Int, _ end: Int) {
    position = start
    self.end = end
  }

  mutating func next(in input: borrowing Span<UInt8>) -> ByteRange? {
    while position < end {
      var from = position
      while position < end, input[position] != UInt8(ascii: ",") { position &+= 1 }
      var to = position
      position &+= 1
      while from < to, isOptionalSpace(input[from]) { from &+= 1 }
      while to > from, isOptionalSpace(input[to &- 1]) { to &-= 1 }
      if to > from { return ByteRange(from..<to) }
    }
    return nil
  }
}
