/// Cuts a request's head out of a growing run of bytes, line by line, and remembers how far it has looked, so that every
/// byte is looked at once however the bytes arrive. What it answers depends on the bytes alone, never on where the reads
/// were split. RFC 9112 sections 2 to 5.
struct HeadParser: Sendable {
  enum Step: Equatable {
    case needMore
    case complete
    case failed(ParseFailure)
  }

  /// Positions count from the first byte of this request.
  private var lineStart = 0
  private var scanned = 0
  private var fieldsStart = -1
  private var emptyLines = 0

  /// Whether a byte of a request has been seen, empty lines before it apart.
  var hasBegun: Bool { fieldsStart >= 0 || scanned > lineStart }

  /// Goes on at the byte after the last one looked at. `base` is where the request begins in `input`.
  mutating func parse(
    _ input: borrowing Span<UInt8>, from base: Int, into head: inout RequestHead, limits: HTTPLimits
  ) -> Step {
    let count = input.count &- base
    while true {
      scanned = endOfText(input, from: base &+ scanned) &- base
      if let failure = exceeded(limits) { return .failed(failure) }
      guard scanned < count else { return .needMore }
      let stop = input[base &+ scanned]
      guard stop == 0x0D else { return .failed(stop == 0x0A ? .bareLineFeed : .controlCharacter) }
      guard scanned &+ 1 < count else { return .needMore }
      guard input[base &+ scanned &+ 1] == 0x0A else { return .failed(.bareCarriageReturn) }
      let line = ByteRange(lineStart..<scanned)
      scanned &+= 2
      lineStart = scanned
      do throws(ParseFailure) {
        if fieldsStart >= 0 {
          if line.count == 0 {
            head.byteCount = scanned
            try head.concludeFraming(input, from: base, limits: limits)
            return .complete
          }
          guard head.fields.count < limits.headerFieldsMax else { return .failed(.tooManyFields) }
          try head.readField(line, of: input, from: base)
        } else if line.count == 0 {
          emptyLines &+= 1
          if emptyLines > limits.emptyLinesMax { return .failed(.tooManyEmptyLines) }
        } else {
          try head.readRequestLine(line, of: input, from: base)
          fieldsStart = scanned
        }
      } catch {
        return .failed(error)
      }
    }
  }

  /// The line being read is longer than it may be, whether or not its end has come.
  private func exceeded(_ limits: HTTPLimits) -> ParseFailure? {
    if fieldsStart < 0 { return scanned &- lineStart > limits.requestLineBytesMax ? .requestLineTooLong : nil }
    // A line that has begun will need its CR LF too.
    return scanned > lineStart && scanned &- fieldsStart &+ 2 > limits.headBytesMax ? .headTooLarge : nil
  }
}

/// The position of the first byte that is neither text nor HTAB, or the end of the input.
private func endOfText(_ input: borrowing Span<UInt8>, from start: Int) -> Int {
  var position = start
  let count = input.count
  while position < count, isFieldByte(input[position]) { position &+= 1 }
  return position
}
