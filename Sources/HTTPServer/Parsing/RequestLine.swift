extension RequestHead {
  /// Reads `method SP target SP HTTP/1.x` (RFC 9112 section 3): one space between the parts, nothing around them.
  mutating func readRequestLine(
    _ line: ByteRange, of input: borrowing Span<UInt8>, from base: Int
  ) throws(ParseFailure) {
    let end = base &+ Int(line.end)
    var position = base &+ Int(line.start)
    let methodStart = position
    while position < end, ByteSet.token.contains(input[position]) { position &+= 1 }
    guard position > methodStart, position < end, input[position] == 0x20 else { throw .malformedRequestLine }
    let methodEnd = position
    position &+= 1
    let targetStart = position
    while position < end, input[position] != 0x20 { position &+= 1 }
    guard position > targetStart, position < end else { throw .malformedRequestLine }
    let targetEnd = position
    minorVersion = try version(input, from: position &+ 1, to: end)
    methodToken = ByteRange(methodStart &- base..<methodEnd &- base)
    method = HTTPMethod(token: input, ByteRange(methodStart..<methodEnd))
    target = ByteRange(targetStart &- base..<targetEnd &- base)
    try readTarget(input, from: targetStart, to: targetEnd, base: base)
  }

  /// `HTTP/` DIGIT `.` DIGIT. A later major version is 505; HTTP/1.2 and later is answered as 1.1 (RFC 9110 section 2.5).
  private func version(_ input: borrowing Span<UInt8>, from start: Int, to end: Int) throws(ParseFailure) -> UInt8 {
    guard end &- start >= 6, input.holds("HTTP/", at: ByteRange(start..<start &+ 5)) else {
      throw .malformedRequestLine
    }
    let major = input[start &+ 5]
    // HTTP/0.9 has no request line of this form: whoever writes one is no old client.
    guard isDigit(major), major != UInt8(ascii: "0") else { throw .malformedRequestLine }
    if end &- start == 6, major != UInt8(ascii: "1") { throw .unsupportedVersion }
    guard end &- start == 8, input[start &+ 6] == UInt8(ascii: "."), isDigit(input[start &+ 7]) else {
      throw .malformedRequestLine
    }
    guard major == UInt8(ascii: "1") else { throw .unsupportedVersion }
    return input[start &+ 7] == UInt8(ascii: "0") ? 0 : 1
  }

  /// The four forms of RFC 9112 section 3.2.
  private mutating func readTarget(
    _ input: borrowing Span<UInt8>, from start: Int, to end: Int, base: Int
  ) throws(ParseFailure) {
    if method == .connect {
      guard isAuthority(input, from: start, to: end, portNeeded: true) else { throw .malformedTarget }
      form = .authority
      authority = ByteRange(start &- base..<end &- base)
      return
    }
    if input[start] == UInt8(ascii: "/") {
      form = .origin
      return try readPath(input, from: start, to: end, base: base)
    }
    if end &- start == 1, input[start] == UInt8(ascii: "*") {
      guard method == .options else { throw .malformedTarget }
      form = .asterisk
      return
    }
    var hostStart = start
    if end &- start > 7, input.holds(lowercase: "http://", at: ByteRange(start..<start &+ 7)) {
      hostStart = start &+ 7
    } else if end &- start > 8, input.holds(lowercase: "https://", at: ByteRange(start..<start &+ 8)) {
      hostStart = start &+ 8
    } else {
      throw .malformedTarget
    }
    var hostEnd = hostStart
    while hostEnd < end, input[hostEnd] != UInt8(ascii: "/"), input[hostEnd] != UInt8(ascii: "?") { hostEnd &+= 1 }
    guard isAuthority(input, from: hostStart, to: hostEnd, portNeeded: false) else { throw .malformedAuthority }
    form = .absolute
    authority = ByteRange(hostStart &- base..<hostEnd &- base)
    try readPath(input, from: hostEnd, to: end, base: base)
  }

  /// Path and query: characters of RFC 3986 only, each "%" followed by two hexadecimal digits.
  private mutating func readPath(
    _ input: borrowing Span<UInt8>, from start: Int, to end: Int, base: Int
  ) throws(ParseFailure) {
    var queryMark = -1
    var position = start
    while position < end {
      let byte = input[position]
      guard ByteSet.target.contains(byte) else { throw .malformedTarget }
      if byte == UInt8(ascii: "%") {
        guard position &+ 2 < end, hexValue(input[position &+ 1]) < 16, hexValue(input[position &+ 2]) < 16 else {
          throw .malformedTarget
        }
        position &+= 2
      } else if byte == UInt8(ascii: "?"), queryMark < 0 {
        queryMark = position
      }
      position &+= 1
    }
    path = ByteRange(start &- base..<(queryMark < 0 ? end : queryMark) &- base)
    if queryMark >= 0 { query = ByteRange(queryMark &+ 1 &- base..<end &- base) }
  }
}

/// Whether these bytes are `uri-host [ ":" port ]` of RFC 9110 section 7.2, with a host that is not empty and without
/// user information.
func isAuthority(_ input: borrowing Span<UInt8>, from start: Int, to end: Int, portNeeded: Bool) -> Bool {
  var position = start
  if position < end, input[position] == UInt8(ascii: "[") {
    position &+= 1
    let literalStart = position
    while position < end, input[position] != UInt8(ascii: "]") {
      let byte = input[position]
      // IPv6address with an embedded IPv4 address, or IPvFuture's characters.
      guard ByteSet.regName.contains(byte) && byte != UInt8(ascii: "%") || byte == UInt8(ascii: ":") else {
        return false
      }
      position &+= 1
    }
    guard position < end, isAddressLiteral(input, from: literalStart, to: position) else { return false }
    position &+= 1
  } else {
    while position < end, input[position] != UInt8(ascii: ":") {
      let byte = input[position]
      guard ByteSet.regName.contains(byte) else { return false }
      if byte == UInt8(ascii: "%") {
        guard position &+ 2 < end, hexValue(input[position &+ 1]) < 16, hexValue(input[position &+ 2]) < 16 else {
          return false
        }
        position &+= 2
      }
      position &+= 1
    }
    guard position > start else { return false }
  }
  guard position < end else { return !portNeeded }
  guard input[position] == UInt8(ascii: ":") else { return false }
  position &+= 1
  guard position < end || !portNeeded else { return false }
  var port = 0
  while position < end {
    guard isDigit(input[position]) else { return false }
    port = port &* 10 &+ Int(input[position] &- 48)
    guard port <= 65_535 else { return false }
    position &+= 1
  }
  return true
}

/// IPv6address or IPvFuture of RFC 3986 section 3.2.2, by shape: 2 to 7 colons between groups of at most four hexadecimal
/// digits, at most one "::", an IPv4 address as the last group.
private func isAddressLiteral(_ input: borrowing Span<UInt8>, from start: Int, to end: Int) -> Bool {
  guard start < end else { return false }
  if input[start] | 0x20 == UInt8(ascii: "v") {
    var position = start &+ 1
    while position < end, hexValue(input[position]) < 16 { position &+= 1 }
    return position > start &+ 1 && position &+ 1 < end && input[position] == UInt8(ascii: ".")
  }
  let colon = UInt8(ascii: ":")
  // A colon at either end is half of a "::".
  if input[start] == colon, start &+ 1 == end || input[start &+ 1] != colon { return false }
  if input[end &- 1] == colon, start &+ 1 == end || input[end &- 2] != colon { return false }
  var colons = 0, digits = 0, doubled = 0, dots = 0
  for position in start..<end {
    let byte = input[position]
    if byte == UInt8(ascii: ":") {
      guard dots == 0 else { return false }
      colons &+= 1
      if position > start, input[position &- 1] == byte { doubled &+= 1 }
      digits = 0
    } else if byte == UInt8(ascii: ".") {
      guard digits > 0 else { return false }
      dots &+= 1
      digits = 0
    } else {
      digits &+= 1
      guard hexValue(byte) < 16, digits <= 4 else { return false }
      if dots > 0, !isDigit(byte) { return false }
    }
  }
  guard doubled <= 1, dots == 0 || (dots == 3 && digits > 0) else { return false }
  let groups = dots > 0 ? 6 : 7
  return doubled == 1 ? colons >= 2 && colons <= groups &+ 1 : colons == groups && digits > 0
}
