import BSON
import MongoDB

/// Where a pull source stands: `{_id, type, kind, position, received, accepted, duplicates, rejected, updatedAt, lastSuccessAt?,
/// lag?, remark?, error?, errorAt?}`.
public struct PullSource: Sendable {
  /// The name that its owner gave it.
  public let name: String
  /// `postgres`, `imap`, `mongodb` or `files`.
  public let type: String
  /// What it brings: `customers`, `orders`, …
  public let kind: String
  /// Everything before it is stored. Its fields are the reader's own.
  public var position: BSONDocument
  /// Items read since the beginning, and what became of them.
  public var received = 0
  /// Items that were new.
  public var accepted = 0
  /// Items that were there already.
  public var duplicates = 0
  /// Items that were refused.
  public var rejected = 0
  /// When the source was last read to its end.
  public var lastSuccessAt: BSONDate?
  /// What is known to be there and is not read yet: 0 once the end was reached.
  public var lag: Lag?
  /// Something that whoever runs the source should know, such as a copy that had to begin anew.
  public var remark: String?
  /// Why the last run stopped, if it failed.
  public var error: String?
  /// When it failed.
  public var errorAt: BSONDate?

  /// How far the position is behind the source.
  public struct Lag: Sendable, Equatable {
    /// What is counted: `rows`, `messages`, `bytes`, `documents` or `milliseconds`.
    public var unit: String
    /// How many.
    public var amount: Int

    /// An amount of a unit.
    public init(_ amount: Int, _ unit: String) {
      self.amount = amount
      self.unit = unit
    }
  }

  /// A source that has brought nothing yet.
  public init(name: String, type: String, kind: String, position: BSONDocument = BSONDocument()) {
    self.name = name
    self.type = type
    self.kind = kind
    self.position = position
  }

  init?(_ document: BSONDocument) {
    guard let name = document.string("_id"), let type = document.string("type"), let kind = document.string("kind")
    else { return nil }
    self.init(name: name, type: type, kind: kind, position: document.document("position") ?? BSONDocument())
    received = document.int("received") ?? 0
    accepted = document.int("accepted") ?? 0
    duplicates = document.int("duplicates") ?? 0
    rejected = document.int("rejected") ?? 0
    lastSuccessAt = document.date("lastSuccessAt")
    lag = document.document("lag").flatMap { lag in
      lag.string("unit").map { Lag(lag.int("amount") ?? 0, $0) }
    }
    remark = document.string("remark")
    error = document.string("error")
    errorAt = document.date("errorAt")
  }

  func document(at now: BSONDate) -> BSONDocument {
    BSONDocument { writer in
      writer.append("_id", name)
      writer.append("type", type)
      writer.append("kind", kind)
      writer.append("position", position)
      writer.append("received", received)
      writer.append("accepted", accepted)
      writer.append("duplicates", duplicates)
      writer.append("rejected", rejected)
      writer.append("updatedAt", now)
      if let lastSuccessAt { writer.append("lastSuccessAt", lastSuccessAt) }
      if let lag {
        writer.append(
          "lag",
          document: {
            $0.append("unit", lag.unit)
            $0.append("amount", lag.amount)
          })
      }
      if let remark { writer.append("remark", remark) }
      if let error { writer.append("error", error) }
      if let errorAt { writer.append("errorAt", errorAt) }
    }
  }
}

extension Store {
  private var pullSources: MongoCollection { database.collection(CollectionName.pullSources) }

  /// Where a source stands.
  public func pullSource(_ name: String, deadline: Deadline) throws(StoreError) -> PullSource? {
    try storing { try pullSources.findOne(identity(name), deadline: deadline) }.flatMap(PullSource.init)
  }

  /// Notes where a source stands; in a store that is held under a lease, as long as that is not another's.
  public func setPullSource(_ source: PullSource, at now: BSONDate, deadline: Deadline) throws(StoreError) {
    let place = WriteStatement.replace(filter: identity(source.name), with: source.document(at: now), upsert: true)
    guard let lease else {
      _ = try storing { try pullSources.write([place], deadline: deadline).confirmed() }
      return
    }
    try database.held(under: lease, deadline: deadline) { transaction in
      _ = try transaction.write([place], in: CollectionName.pullSources)
    }
  }

  /// All sources as they are shown, by name; at most 1,000.
  public func shownPullSources(deadline: Deadline) throws(StoreError) -> [BSONDocument] {
    let options = FindOptions(sort: ascending("_id"), limit: 1_000)
    return try storing { try pullSources.find(BSONDocument(), options, deadline: deadline) }.map { stored in
      BSONDocument { writer in
        for element in stored {
          if element.keyEquals("_id") { writer.append("name", valueOf: element) } else { writer.append(element) }
        }
      }
    }
  }
}
