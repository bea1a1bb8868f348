/// The receiving side of one connection as a pure state machine: bytes in, actions out. It has no clock, no descriptor and
/// no memory of its own for the bytes; the caller keeps what is not consumed yet. The same bytes give the same actions
/// however they are split over calls (body data may come in other pieces).
struct ConnectionMachine: Sendable {
  enum Action: Equatable {
    /// Nothing more can be said before more bytes come, or before the answer is out.
    case needMore
    /// A head is complete and its framing is sound: the caller decides by `admit` or `refuse`.
    case head
    /// Bytes of the body stand at this range of the input.
    case body(Range<Int>)
    /// The request is complete: the caller answers, then calls `answered`.
    case requestComplete
    /// The stream cannot be followed any further: one answer, then close.
    case fail(ParseFailure)
  }

  private enum State {
    case head
    case deciding
    case fixed(remaining: Int)
    case chunked
    case discarding(remaining: Int)
    case answering
    case closed
  }

  private var state = State.head
  private var headParser = HeadParser()
  private var decoder = ChunkedDecoder()
  private var bodyBytesMax = 0
  private let limits: HTTPLimits
  /// Where the next unread byte, or the first byte of an incomplete head, stands in the caller's input.
  private(set) var consumed = 0
  /// Whether the connection goes on after this request.
  private(set) var isPersistent = true

  init(limits: HTTPLimits) { self.limits = limits }

  /// Whether the client has begun a request that is not complete.
  var isInsideRequest: Bool {
    switch state {
    case .head: headParser.hasBegun
    case .fixed, .chunked, .deciding: true
    case .discarding, .answering, .closed: false
    }
  }

  /// Whether bytes of a body are awaited, kept or not.
  var isReadingBody: Bool {
    switch state {
    case .fixed, .chunked, .discarding: true
    default: false
    }
  }

  /// Whether further input can bring an action.
  var wantsInput: Bool {
    switch state {
    case .head, .fixed, .chunked, .discarding: true
    case .deciding, .answering, .closed: false
    }
  }

  var isClosed: Bool { if case .closed = state { true } else { false } }

  /// The next action that `input` gives; call again until it is `needMore`.
  mutating func next(_ input: borrowing Span<UInt8>, head: inout RequestHead) -> Action {
    while true {
      switch state {
      case .head:
        switch headParser.parse(input, from: consumed, into: &head, limits: limits) {
        case .needMore: return .needMore
        case .failed(let failure): return fail(failure)
        case .complete:
          consumed &+= head.byteCount
          isPersistent = head.isPersistent
          state = .deciding
          return .head
        }
      case .fixed(let remaining):
        if remaining == 0 {
          state = .answering
          return .requestComplete
        }
        let range = take(remaining, of: input)
        guard !range.isEmpty else { return .needMore }
        state = .fixed(remaining: remaining &- range.count)
        return .body(range)
      case .chunked:
        switch decoder.next(input, at: &consumed, bodyBytesMax: bodyBytesMax, limits: limits) {
        case .needMore: return .needMore
        case .data(let range): return .body(range)
        case .failed(let failure): return fail(failure)
        case .end:
          state = .answering
          return .requestComplete
        }
      case .discarding(let remaining):
        let range = take(remaining, of: input)
        state = .discarding(remaining: remaining &- range.count)
        if remaining > range.count { return .needMore }
        startOver()
      case .deciding, .answering: return .needMore
      case .closed:
        consumed = input.count
        return .needMore
      }
    }
  }

  private func available(_ input: borrowing Span<UInt8>) -> Int { max(input.count &- consumed, 0) }

  private mutating func take(_ wanted: Int, of input: borrowing Span<UInt8>) -> Range<Int> {
    let start = consumed
    consumed &+= min(wanted, available(input))
    return start..<consumed
  }

  private mutating func fail(_ failure: ParseFailure) -> Action {
    close()
    return .fail(failure)
  }

  /// The request is ours: its body is read up to the route's limit. A declared length beyond it fails at once.
  mutating func admit(_ head: borrowing RequestHead, bodyBytesMax: Int) -> ParseFailure? {
    self.bodyBytesMax = min(bodyBytesMax, limits.bodyBytesMax)
    if head.isChunked {
      decoder = ChunkedDecoder()
      state = .chunked
    } else if head.contentLength > self.bodyBytesMax {
      close()
      return .contentTooLarge
    } else {
      state = .fixed(remaining: max(head.contentLength, 0))
    }
    return nil
  }

  /// The head alone decided, or the body went wrong: the answer follows now. Afterwards the rest of the body is read and
  /// dropped if its length is known and small and the client does not wait for leave to send it; else the connection closes.
  mutating func refuse(_ head: borrowing RequestHead) {
    let isSmall = !head.isChunked && head.contentLength <= limits.discardBytesMax
    guard case .deciding = state, isSmall, head.expectation == .none || head.contentLength <= 0 else {
      return close()
    }
    state = .answering
    refusedBody = max(head.contentLength, 0)
  }

  private var refusedBody = 0

  /// Nothing after this request is read.
  mutating func close() {
    state = .closed
    isPersistent = false
  }

  /// The connection closes after the answer under way.
  mutating func endAfterAnswer() { isPersistent = false }

  /// The answer is out: on to the next request, or to nothing.
  mutating func answered() {
    if !isPersistent {
      state = .closed
    } else if refusedBody > 0 {
      state = .discarding(remaining: refusedBody)
      refusedBody = 0
    } else {
      startOver()
    }
  }

  /// The client has ended its stream: what it began and did not end cannot be answered as a request.
  mutating func inputEnded() -> ParseFailure? {
    let isCut = isInsideRequest
    switch state {
    case .answering: isPersistent = false
    default: close()
    }
    return isCut ? .endedEarly : nil
  }

  /// The caller has dropped the bytes before `consumed`: positions count from the first byte kept.
  mutating func dropConsumed() { consumed = 0 }

  private mutating func startOver() {
    state = .head
    headParser = HeadParser()
  }
}
