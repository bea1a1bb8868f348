import Store

/// A batch on its way: which items are to be written, and what becomes of each.
struct Batch {
  /// What became of one item.
  private enum Outcome {
    case pending
    case accepted
    case duplicate
    /// The same id stands earlier in the batch; shares that item's fate, for better as a duplicate.
    case repeated(of: Int)
    case rejected(Rejection)
  }

  /// The items to be written, in order.
  let toWrite: [ValidItem]
  /// Their places in the batch.
  private let places: [Int]
  private var outcomes: [Outcome]

  /// A batch of decoded items. Of items with one id only the first is written when `deduplicating`: events never change.
  init(_ items: [DecodedItem], deduplicating: Bool) {
    var toWrite: [ValidItem] = []
    var places: [Int] = []
    var outcomes: [Outcome] = []
    var known = KnownIds(count: deduplicating ? items.count : 0)
    toWrite.reserveCapacity(items.count)
    places.reserveCapacity(items.count)
    outcomes.reserveCapacity(items.count)
    for (place, item) in items.enumerated() {
      switch item {
      case .rejected(let rejection):
        outcomes.append(.rejected(rejection))
      case .valid(let item):
        if deduplicating, let first = known.insert(item, behind: toWrite) {
          outcomes.append(.repeated(of: places[first]))
          continue
        }
        toWrite.append(item)
        places.append(place)
        outcomes.append(.pending)
      }
    }
    self.toWrite = toWrite
    self.places = places
    self.outcomes = outcomes
  }

  /// Whether an item cannot be stored.
  var hasRejections: Bool {
    outcomes.contains { if case .rejected = $0 { true } else { false } }
  }

  /// Notes what became of the written items, one entry each.
  mutating func acknowledge(_ acknowledgements: [Acknowledgement]) {
    precondition(acknowledgements.count == toWrite.count, "an acknowledgement for every item")
    for (position, acknowledgement) in acknowledgements.enumerated() {
      let place = places[position]
      switch acknowledgement {
      case .accepted: outcomes[place] = .accepted
      case .duplicate: outcomes[place] = .duplicate
      case .rejected(let code): outcomes[place] = .rejected(Self.refusal(of: toWrite[position].id, at: place, code))
      }
    }
  }

  /// Whether the item at a place of the batch is stored: by this call, before, or as another item of the batch.
  func isStored(at place: Int) -> Bool {
    switch outcomes[place] {
    case .accepted, .duplicate: true
    case .repeated(let first): isStored(at: first)
    case .pending, .rejected: false
    }
  }

  /// Notes that something that belongs to an item could not be stored, so that its sender sends it again.
  mutating func reject(at place: Int, id: String, code: String) {
    outcomes[place] = .rejected(Self.refusal(of: id, at: place, code))
  }

  /// The answer. Nothing is counted as accepted when nothing was stored.
  func report(batchId: String, since start: ContinuousClock.Instant, stored: Bool) -> IngestReport {
    var accepted = 0
    var duplicates = 0
    var errors: [Rejection] = []
    for (place, outcome) in outcomes.enumerated() {
      switch outcome {
      case .pending: break
      case .accepted: accepted += 1
      case .duplicate: duplicates += 1
      case .rejected(let rejection): errors.append(rejection)
      case .repeated(let first):
        if case .rejected(let rejection) = outcomes[first] {
          errors.append(
            Rejection(
              index: place, id: rejection.id, code: rejection.code, field: nil, retryable: rejection.retryable))
        } else if stored {
          duplicates += 1
        }
      }
    }
    let took = start.duration(to: .now) / .milliseconds(1)
    return IngestReport(
      batchId: batchId, received: outcomes.count, accepted: accepted, duplicates: duplicates, errors: errors,
      tookMs: Int(took.rounded(.up)))
  }

  /// What the database alone refuses may pass another time, but a document that is too large stays so.
  private static func refusal(of id: String, at place: Int, _ code: String) -> Rejection {
    let isFinal = code == FaultCode.documentTooLarge.rawValue
    return Rejection(index: place, id: id, code: code, field: nil, retryable: !isFinal)
  }
}
