import BSON
import MongoDB
import Store

/// Applies dead letters once more: as they came, or with another content.
///
/// A letter that can be applied now is removed after that is durable; one that cannot stays and counts one more attempt.
/// Replaying twice is safe: what was stored the first time is a duplicate the second time.
public struct DeadLetterReplay: Sendable {
  private let store: Store
  private let ingestor: Ingestor
  private let decoder: BatchDecoder
  private let pubsub: PubSubDecoder

  /// A replay into `store`.
  public init(store: Store, decoder: BatchDecoder = BatchDecoder()) {
    self.store = store
    self.decoder = decoder
    ingestor = Ingestor(store: store, decoder: decoder)
    pubsub = PubSubDecoder(region: decoder.region, limits: decoder.limits)
  }

  /// What became of a letter.
  public enum Outcome: Sendable {
    /// It was applied, and the letter is gone.
    case applied(IngestReport)
    /// It cannot be applied, and the letter stays.
    case failed(Rejection)
  }

  /// Applies a letter. `edited` is an item in our own JSON that takes the place of what came; an event without an id
  /// of its own gets the letter's. A letter of the projection has no content to edit: `edited` is left alone.
  public func replay(
    _ letter: DeadLetter, edited: BSONDocument? = nil, batchId: String, at now: BSONDate, deadline: Deadline
  ) throws(IngestError) -> Outcome {
    switch letter.origin {
    case .pubsub, .pull:
      let kind = IngestKind(rawValue: letter.kind) ?? .events
      let item =
        letter.origin == .pubsub
        ? try item(of: letter, edited: edited, receivedAt: now)
        : try pulledItem(of: letter, kind, edited: edited, receivedAt: now)
      let report = try ingestor.ingest(kind, [item], batchId: batchId, deadline: deadline)
      if let rejection = report.errors.first {
        let again = DeadLetter(
          origin: letter.origin, kind: letter.kind, itemId: letter.itemId, code: rejection.code, field: rejection.field)
        try storing { () throws(StoreError) in try store.deadLetters.put([again], at: now, deadline: deadline) }
        return .failed(rejection)
      }
      try storing { () throws(StoreError) in _ = try store.deadLetters.remove(letter.id, deadline: deadline) }
      return .applied(report)
    case .projection, .matching:
      // Removed first: should it fail again, the projector puts it back.
      try storing { () throws(StoreError) in
        _ = try store.deadLetters.remove(letter.id, deadline: deadline)
        try store.requestProjection(of: letter, at: now, deadline: deadline)
      }
      return .applied(
        IngestReport(batchId: batchId, received: 1, accepted: 1, duplicates: 0, errors: [], tookMs: 0))
    }
  }

  private func item(
    of letter: DeadLetter, edited: BSONDocument?, receivedAt: BSONDate
  ) throws(IngestError) -> DecodedItem {
    guard let edited else {
      let message = PubSubMessage(
        unwrapped: letter.content, id: letter.itemId, publishTime: letter.context["publishTime"],
        attributes: letter.context.document("attributes"))
      return pubsub.event(of: message, receivedAt: receivedAt)
    }
    let hasId = ["_id", "eventId", "messageId"].contains { edited.element($0).map { $0.type != .null } ?? false }
    let event = BSONDocument { event in
      if !hasId { event.append("_id", letter.itemId) }
      event.append(contentsOf: edited)
    }
    return try decoder.canonicalize(.events, [event], receivedAt: receivedAt)[0]
  }

  private func pulledItem(
    of letter: DeadLetter, _ kind: IngestKind, edited: BSONDocument?, receivedAt: BSONDate
  ) throws(IngestError) -> DecodedItem {
    if let edited { return try decoder.canonicalize(kind, [edited], receivedAt: receivedAt)[0] }
    return try decoder.decode(kind, letter.content + [UInt8(ascii: "\n")], as: .ndjson, receivedAt: receivedAt).first
      ?? .rejected(Rejection(index: 0, id: nil, code: letter.code, field: letter.field))
  }

  private func storing(_ body: () throws(StoreError) -> Void) throws(IngestError) {
    do throws(StoreError) { try body() } catch { throw .store(error) }
  }
}

extension DeadLetter {
  /// A message that can never be stored.
  public init(_ message: PubSubMessage, _ rejection: Rejection) {
    self.init(
      origin: .pubsub, kind: IngestKind.events.rawValue, itemId: message.id, code: rejection.code,
      field: rejection.field, content: message.data ?? message.undecoded ?? [],
      context: BSONDocument { context in
        if let time = message.publishTime { context.append("publishTime", time) }
        if let attributes = message.attributes { context.append("attributes", attributes) }
      })
  }
}
