import BSON
import MongoDB

/// Under which keys each customer record is found by those it may be one person with: `{_id: record id, keys: [64-bit numbers]}`. Can be
/// dropped and made again.
public struct MatchIndex: Sendable {
  let collection: MongoCollection

  /// Holds the ids beside the keys, so that finding who shares a key reads no document.
  private static let order = ascending("keys", "_id")

  /// One record's keys.
  public struct Entry: Sendable {
    /// The record's id.
    public let recordId: String
    /// Its keys.
    public let keys: [Int64]

    /// An entry.
    public init(recordId: String, keys: [Int64]) {
      self.recordId = recordId
      self.keys = keys
    }

    fileprivate var document: BSONDocument {
      BSONDocument { writer in
        writer.append("_id", recordId)
        writer.append("keys", array: { for key in keys { $0.append(key) } })
      }
    }
  }

  /// Creates what is missing of its index. Idempotent.
  public func prepare(deadline: Deadline) throws(StoreError) {
    try storing { try collection.createIndexes([IndexDefinition(keys: Self.order)], deadline: deadline) }
  }

  /// Makes the whole anew of what `fill` adds. The index is created over all keys at the end, sorted: entry by entry a million records
  /// take several times as long.
  public func remake(
    deadline: Deadline, _ fill: (_ add: ([Entry]) throws(StoreError) -> Void) throws(StoreError) -> Void
  ) throws(StoreError) {
    try storing { try collection.drop(deadline: deadline) }
    try fill { entries throws(StoreError) in
      _ = try storing { try collection.insert(entries.map(\.document), deadline: deadline) }
    }
    try prepare(deadline: deadline)
  }

  /// Sets the keys of records, and removes what is left of others.
  public func set(_ entries: [Entry], removing gone: [String], deadline: Deadline) throws(StoreError) {
    for chunk in entries.chunked(1000) {
      let statements = chunk.map { entry in
        WriteStatement.replace(filter: identity(entry.recordId), with: entry.document, upsert: true)
      }
      _ = try storing { try collection.write(statements, deadline: deadline).confirmed() }
    }
    for chunk in gone.chunked(1000) {
      _ = try storing {
        try collection.write([.delete(filter: among("_id", chunk), multi: true)], deadline: deadline).confirmed()
      }
    }
  }

  /// The records that share a key, each once, at most `limit`: first those that share the rarest keys, since of n records that share one, one
  /// in n is meant. A key that more than `recordsMax` records share tells nobody from anybody and is passed over.
  ///
  /// - Complexity: one walk of the index for each key, at most `recordsMax` + 1 steps long, all in one call.
  public func records(
    sharing keys: [Int64], recordsMax: Int, limit: Int, deadline: Deadline
  ) throws(StoreError) -> [String] {
    guard let first = keys.first else { return [] }
    let pipeline =
      Self.sharing(first, recordsMax: recordsMax)
      + keys.dropFirst().map { key in
        BSONDocument {
          $0.append("$unionWith") {
            $0.append("coll", collection.name)
            $0.append("pipeline", Self.sharing(key, recordsMax: recordsMax))
          }
        }
      }
    var shares: [ByteString: Double] = [:]
    for block in try storing({ try collection.aggregate(pipeline, deadline: deadline) }) {
      let records = block.array("records")?.compactMap(\.stringValue) ?? []
      guard records.count <= recordsMax else { continue }
      for record in records { shares[ByteString(record), default: 0] += 1 / Double(records.count) }
    }
    return shares.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.prefix(limit).map(
      \.key.string)
  }

  /// The records of one key as one document, one more than are looked at.
  private static func sharing(_ key: Int64, recordsMax: Int) -> [BSONDocument] {
    [
      BSONDocument { $0.append("$match") { $0.append("keys", key) } },
      BSONDocument { $0.append("$limit", recordsMax + 1) },
      BSONDocument {
        $0.append("$group") {
          $0.appendNull("_id")
          $0.append("records") { $0.append("$push", "$_id") }
        }
      },
    ]
  }
}
