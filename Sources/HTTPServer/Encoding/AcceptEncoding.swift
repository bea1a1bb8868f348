/// What a client says of the codings that it takes: RFC 9110 section 12.5.3, for the two that we have. Qualities in
/// thousandths.
struct AcceptEncoding: Equatable {
  enum Choice: Equatable { case identity, gzip, none }

  private(set) var gzip = 0
  /// Nil where neither `identity` nor `*` is named: then it is taken, but nothing is preferred to it less.
  private(set) var identity: Int?

  /// The value of the field, all its lines joined. No field is no preference: identity.
  init(_ bytes: borrowing Span<UInt8>) {
    var gzip: Int?
    var any: Int?
    var items = ListItems(0, bytes.count)
    while let item = items.next(in: bytes) {
      var nameEnd = Int(item.start)
      while nameEnd < Int(item.end), ByteSet.token.contains(bytes[nameEnd]) { nameEnd &+= 1 }
      guard let quality = Self.quality(bytes, nameEnd, Int(item.end)) else { continue }
      let name = ByteRange(Int(item.start)..<nameEnd)
      if bytes.holds(lowercase: "gzip", at: name) || bytes.holds(lowercase: "x-gzip", at: name) {
        gzip = max(gzip ?? 0, quality)
      } else if bytes.holds(lowercase: "identity", at: name) {
        identity = quality
      } else if bytes.holds("*", at: name) {
        any = quality
      }
    }
    self.gzip = gzip ?? any ?? 0
    if identity == nil, any == 0 { identity = 0 }
  }

  /// The coding for an answer that is, or is not, worth compressing.
  func choice(isCompressible: Bool) -> Choice {
    let takesIdentity = identity != 0
    if gzip > 0, isCompressible, gzip >= identity ?? 0 { return .gzip }
    if takesIdentity { return .identity }
    return gzip > 0 ? .gzip : .none
  }

  /// `OWS ";" OWS "q=" qvalue`, or nothing: 1000. Nil for anything else: the item is ignored.
  private static func quality(_ bytes: borrowing Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
    var position = start
    func skipSpace(_ bytes: borrowing Span<UInt8>) {
      while position < end, isOptionalSpace(bytes[position]) { position &+= 1 }
    }
    skipSpace(bytes)
    if position == end { return 1_000 }
    guard bytes[position] == UInt8(ascii: ";") else { return nil }
    position &+= 1
    skipSpace(bytes)
    guard position &+ 2 < end, asciiLower(bytes[position]) == UInt8(ascii: "q"),
      bytes[position &+ 1] == UInt8(ascii: "=")
    else { return nil }
    position &+= 2
    guard bytes[position] == UInt8(ascii: "0") || bytes[position] == UInt8(ascii: "1") else { return nil }
    var value = Int(bytes[position] &- 48) &* 1_000
    position &+= 1
    if position == end { return value }
    guard bytes[position] == UInt8(ascii: "."), end &- position <= 4 else { return nil }
    var unit = 100
    for digit in position &+ 1..<end {
      guard isDigit(bytes[digit]) else { return nil }
      value &+= Int(bytes[digit] &- 48) &* unit
      unit /= 10
    }
    return value <= 1_000 ? value : nil
  }
}
