extension RequestHead {
  /// Decides where the body ends, and refuses whatever another server could read otherwise: the ways by which requests are
  /// smuggled. RFC 9112 sections 3.2 and 6.
  mutating func concludeFraming(
    _ input: borrowing Span<UInt8>, from base: Int, limits: HTTPLimits
  ) throws(ParseFailure) {
    if !hostSeen && minorVersion >= 1 { throw .missingHost }
    isPersistent = minorVersion >= 1 ? !saysClose : saysKeepAlive && !saysClose
    if !transferEncodingField.isNone {
      guard minorVersion >= 1 else { throw .transferEncodingInHTTP10 }
      guard contentLengthField.isNone else { throw .lengthAndTransferEncoding }
      try readTransferEncoding(input, base)
    } else if !contentLengthField.isNone {
      contentLength = try length(input, base, limits)
    }
  }

  /// Exactly `chunked`, in any case of ASCII letters. Other codings before it are 501; without it at the end the length of
  /// the body is unknown: 400 (RFC 9112 sections 6.1 and 6.3).
  private mutating func readTransferEncoding(_ input: borrowing Span<UInt8>, _ base: Int) throws(ParseFailure) {
    let start = base &+ Int(transferEncodingField.start), end = base &+ Int(transferEncodingField.end)
    if input.holds(lowercase: "chunked", at: ByteRange(start..<end)) {
      isChunked = true
      return
    }
    var items = ListItems(start, end)
    var count = 0, chunkedCount = 0, endsInChunked = false
    while let item = items.next(in: input) {
      count &+= 1
      endsInChunked = input.holds(lowercase: "chunked", at: item)
      if endsInChunked { chunkedCount &+= 1 }
    }
    throw endsInChunked && chunkedCount == 1 && count > 1 ? .unknownTransferCoding : .malformedTransferEncoding
  }

  /// 1*DIGIT and nothing else. Compared with the limit before it is trusted as a number (RFC 9110 section 8.6).
  private func length(
    _ input: borrowing Span<UInt8>, _ base: Int, _ limits: HTTPLimits
  ) throws(ParseFailure) -> Int {
    let start = base &+ Int(contentLengthField.start), end = base &+ Int(contentLengthField.end)
    guard start < end else { throw .malformedContentLength }
    var value = 0
    for position in start..<end {
      guard isDigit(input[position]) else { throw .malformedContentLength }
      // Eighteen digits fit; more are refused below whatever they say.
      value = value &* 10 &+ Int(input[position] &- 48)
    }
    guard end &- start <= 18, value <= limits.bodyBytesMax else { throw .contentTooLarge }
    return value
  }
}
