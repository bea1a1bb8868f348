import BSON
import MongoDB
import Store

/// Takes batches in: bytes, canonical items, one write, an answer for every item.
///
/// Blocks until the database has acknowledged or the deadline has passed; belongs on a worker thread. Sending the same
/// batch again is always safe.
public struct Ingestor: Sendable {
  private let store: Store
  private let decoder: BatchDecoder

  /// An ingestor that writes to `store`.
  public init(store: Store, decoder: BatchDecoder = BatchDecoder()) {
    self.store = store
    self.decoder = decoder
  }

  /// Takes in the body of a request.
  public func ingest(
    _ kind: IngestKind, body: [UInt8], as format: IngestFormat, mode: IngestMode = .partial, batchId: String,
    receivedAt: BSONDate, deadline: Deadline
  ) throws(IngestError) -> IngestReport {
    let start = ContinuousClock.now
    let items = try decoder.decode(kind, body, as: format, receivedAt: receivedAt)
    return try ingest(kind, items, mode: mode, batchId: batchId, since: start, deadline: deadline)
  }

  /// Takes in items that were decoded elsewhere, such as those of an analytics dialect.
  /// - Parameter expectingNew: whether nearly all items are new, as in a first copy: then they are inserted before anybody looks for
  ///   former versions. It changes nothing but the time that this takes.
  public func ingest(
    _ kind: IngestKind, _ items: [DecodedItem], mode: IngestMode = .partial, expectingNew: Bool = false,
    batchId: String, since start: ContinuousClock.Instant = .now, deadline: Deadline
  ) throws(IngestError) -> IngestReport {
    var batch = Batch(items, deduplicating: kind == .events)
    if mode == .atomic, batch.hasRejections {
      throw .rejectedAsAWhole(batch.report(batchId: batchId, since: start, stored: false))
    }
    let acknowledgements: [Acknowledgement]
    do throws(StoreError) {
      acknowledgements =
        mode == .atomic
        ? try writeAtomically(kind, batch.toWrite, deadline: deadline)
        : try write(kind, batch.toWrite, expectingNew: expectingNew, deadline: deadline)
    } catch {
      throw .store(error)
    }
    batch.acknowledge(acknowledgements)
    return batch.report(batchId: batchId, since: start, stored: true)
  }
}

extension Ingestor {
  /// Takes in messages of an analytics dialect: their events first, then what they say of customers.
  ///
  /// A message whose event is stored and whose record is not counts as rejected; sending it again stores the record.
  public func ingest(
    _ messages: [DecodedMessage], batchId: String, since start: ContinuousClock.Instant = .now, deadline: Deadline
  ) throws(IngestError) -> IngestReport {
    var batch = Batch(messages.map(\.event), deduplicating: true)
    do throws(StoreError) {
      batch.acknowledge(try write(.events, batch.toWrite, deadline: deadline))
      let said = messages.indices.filter { batch.isStored(at: $0) }.flatMap { place in
        messages[place].records.map { (place: place, record: $0) }
      }
      let outcomes = try write(.customers, said.map(\.record), deadline: deadline)
      for (place, outcome) in zip(said.map(\.place), outcomes) {
        if case .rejected(let code) = outcome {
          batch.reject(at: place, id: messages[place].event.id ?? "", code: code)
        }
      }
    } catch {
      throw .store(error)
    }
    return batch.report(batchId: batchId, since: start, stored: true)
  }

  /// Writes items in one call; the answer has one entry an item.
  private func write(
    _ kind: IngestKind, _ items: [ValidItem], expectingNew: Bool = false, deadline: Deadline
  ) throws(StoreError) -> [Acknowledgement] {
    guard let collection = collection(of: kind) else {
      return try store.events.insert(items.map(\.document), deadline: deadline)
    }
    return try collection.upsert(versioned(items), expectingNew: expectingNew, deadline: deadline)
  }

  /// Where a kind is kept by version; nil for events.
  private func collection(of kind: IngestKind) -> VersionedCollection? {
    switch kind {
    case .events: nil
    case .customers: store.customerRecords
    case .products: store.products
    case .orders: store.orders
    case .ratings: store.ratings
    case .interactions: store.interactions
    }
  }

  /// Writes items in one transaction; the answer has one entry an item.
  private func writeAtomically(
    _ kind: IngestKind, _ items: [ValidItem], deadline: Deadline
  ) throws(StoreError) -> [Acknowledgement] {
    guard let collection = collection(of: kind) else {
      return try store.insertAtomically(events: items.map(\.document), deadline: deadline)
    }
    return try store.upsertAtomically(versioned(items), in: collection, deadline: deadline)
  }

  private func versioned(_ items: [ValidItem]) -> [VersionedItem] {
    items.map {
      VersionedItem(
        id: $0.id, content: $0.document, updatedAt: $0.updatedAt, incidentalFields: $0.incidentalFields)
    }
  }
}
