/// Reads a chunked body (RFC 9112 section 7.1) byte by byte where there is grammar and run by run where there is data. It
/// keeps no bytes of its own, so a body may be split anywhere. Extensions are checked and ignored, trailers checked and
/// dropped.
struct ChunkedDecoder: Sendable {
  enum Step: Equatable {
    case needMore
    case data(Range<Int>)
    case end
    case failed(ParseFailure)
  }

  private enum State {
    case size, extensionStart, extensionName, extensionNameSpace, extensionValueStart, extensionToken
    case extensionQuoted, extensionEscape, extensionEnd, lineFeed, data, dataReturn, dataLineFeed
    case trailerStart, trailerName, trailerValue, trailerLineFeed, endLineFeed, failed(ParseFailure), done
  }

  private var state = State.size
  private var sizeDigits = 0
  private var size: UInt64 = 0
  private var remaining = 0
  private var lineBytes = 0
  private var extensionBytes = 0
  private var trailerBytes = 0
  /// Body bytes announced so far.
  private var total = 0

  /// Goes on at `position`, which moves past what has been read.
  mutating func next(
    _ input: borrowing Span<UInt8>, at position: inout Int, bodyBytesMax: Int, limits: HTTPLimits
  ) -> Step {
    while position < input.count {
      switch state {
      case .data:
        let end = min(input.count, position &+ remaining)
        let range = position..<end
        remaining &-= range.count
        position = end
        if remaining == 0 { state = .dataReturn }
        return .data(range)
      case .done: return .end
      case .failed(let failure): return .failed(failure)
      default:
        let byte = input[position]
        position &+= 1
        let failure = isTrailer ? trailer(byte, limits) : line(byte, bodyBytesMax, limits)
        if let failure {
          state = .failed(failure)
          return .failed(failure)
        }
        if case .done = state { return .end }
      }
    }
    return .needMore
  }

  private var isTrailer: Bool {
    switch state {
    case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .endLineFeed: true
    default: false
    }
  }

  /// `chunk-size [ chunk-ext ] CRLF`, and the CRLF after the data.
  private mutating func line(_ byte: UInt8, _ bodyBytesMax: Int, _ limits: HTTPLimits) -> ParseFailure? {
    switch state {
    case .dataReturn:
      state = .dataLineFeed
      return byte == 0x0D ? nil : .malformedChunk
    case .dataLineFeed:
      startLine()
      return byte == 0x0A ? nil : .malformedChunk
    case .lineFeed:
      guard byte == 0x0A else { return .malformedChunk }
      return lineEnded(bodyBytesMax)
    default: break
    }
    if byte == 0x0D {
      guard mayEndLine else { return .malformedChunk }
      state = .lineFeed
      return nil
    }
    lineBytes &+= 1
    if lineBytes > limits.chunkLineBytesMax { return .chunkLineTooLong }
    if case .size = state, hexValue(byte) < 16 {
      sizeDigits &+= 1
      guard sizeDigits <= 16 else { return .malformedChunk }
      size = size << 4 | UInt64(hexValue(byte))
      return nil
    }
    extensionBytes &+= 1
    if extensionBytes > limits.chunkExtensionsBytesMax { return .chunkExtensionsTooLong }
    return chunkExtension(byte)
  }

  private var mayEndLine: Bool {
    switch state {
    case .size: sizeDigits > 0
    case .extensionName, .extensionToken, .extensionEnd: true
    default: false
    }
  }

  /// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`, RFC 9112 section 7.1.1.
  private mutating func chunkExtension(_ byte: UInt8) -> ParseFailure? {
    let isSpace = isOptionalSpace(byte)
    switch state {
    case .size:
      guard sizeDigits > 0, isSpace || byte == UInt8(ascii: ";") else { return .malformedChunk }
      state = isSpace ? .extensionNameSpace : .extensionStart
      isAfterName = false
    case .extensionStart:
      if isSpace { return nil }
      guard ByteSet.token.contains(byte) else { return .malformedChunk }
      state = .extensionName
    case .extensionName where ByteSet.token.contains(byte), .extensionToken where ByteSet.token.contains(byte):
      return nil
    case .extensionName, .extensionToken, .extensionEnd, .extensionNameSpace:
      if case .extensionName = state { isAfterName = true }
      if isSpace {
        state = .extensionNameSpace
      } else if byte == UInt8(ascii: ";") {
        state = .extensionStart
        isAfterName = false
      } else if byte == UInt8(ascii: "="), isAfterName {
        state = .extensionValueStart
        isAfterName = false
      } else {
        return .malformedChunk
      }
    case .extensionValueStart:
      if isSpace { return nil }
      if byte == UInt8(ascii: "\"") {
        state = .extensionQuoted
      } else {
        guard ByteSet.token.contains(byte) else { return .malformedChunk }
        state = .extensionToken
      }
    case .extensionQuoted:
      guard isFieldByte(byte) else { return .malformedChunk }
      if byte == UInt8(ascii: "\\") { state = .extensionEscape }
      if byte == UInt8(ascii: "\"") { state = .extensionEnd }
    case .extensionEscape:
      guard isFieldByte(byte) else { return .malformedChunk }
      state = .extensionQuoted
    default: return .malformedChunk
    }
    return nil
  }

  /// Whether "=" may follow: a name has been read, and no value yet.
  private var isAfterName = false

  private mutating func lineEnded(_ bodyBytesMax: Int) -> ParseFailure? {
    guard size > 0 else {
      state = .trailerStart
      return nil
    }
    // `total` is at most the limit, so the right side cannot overflow.
    guard size <= UInt64(bodyBytesMax &- total) else { return .contentTooLarge }
    remaining = Int(size)
    total &+= remaining
    state = .data
    return nil
  }

  private mutating func startLine() {
    state = .size
    sizeDigits = 0
    size = 0
    lineBytes = 0
  }

  /// `*( field-line CRLF ) CRLF`.
  private mutating func trailer(_ byte: UInt8, _ limits: HTTPLimits) -> ParseFailure? {
    trailerBytes &+= 1
    switch state {
    case .trailerStart:
      if byte == 0x0D {
        state = .endLineFeed
        return nil
      }
      guard ByteSet.token.contains(byte) else { return .malformedTrailer }
      state = .trailerName
    case .trailerName:
      if byte == UInt8(ascii: ":") {
        state = .trailerValue
      } else if !ByteSet.token.contains(byte) {
        return .malformedTrailer
      }
    case .trailerValue:
      if byte == 0x0D {
        state = .trailerLineFeed
      } else if !isFieldByte(byte) {
        return .malformedTrailer
      }
    case .trailerLineFeed:
      guard byte == 0x0A else { return .malformedTrailer }
      state = .trailerStart
    default:
      guard byte == 0x0A else { return .malformedTrailer }
      state = .done
      return nil
    }
    return trailerBytes > limits.trailersBytesMax ? .trailersTooLarge : nil
  }
}
