import BSON
import MongoDB

/// Under which keys each customer record is found by those it may be one person with: `{_id: record id, keys: [64-bit numbers]}`. Can be
/// dropped and made again.
public struct MatchIndex: Sendable {
  let collection: MongoCollection

  static let indexes = [IndexDefinition(ascending: "keys")]

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
  }

  /// Sets the keys of records, and removes what is left of others.
  public func set(_ entries: [Entry], removing gone: [String], deadline: Deadline) throws(StoreError) {
    for chunk in entries.chunked(1000) {
      let statements = chunk.map { entry in
        WriteStatement.replace(
          filter: identity(entry.recordId),
          with: BSONDocument { writer in
            writer.append("_id", entry.recordId)
            writer.append("keys", array: { for key in entry.keys { $0.append(key) } })
          }, upsert: true)
      }
      _ = try storing { try collection.write(statements, deadline: deadline).confirmed() }
    }
    for chunk in gone.chunked(1000) {
      _ = try storing {
        try collection.write([.delete(filter: among("_id", chunk), multi: true)], deadline: deadline).confirmed()
      }
    }
  }

  /// The records that share a key, each once, ascending. A key that more than `recordsMax` records share tells nobody from anybody
  /// and is passed over.
  public func records(sharing keys: [Int64], recordsMax: Int, deadline: Deadline) throws(StoreError) -> [String] {
    var found: Set<ByteString> = []
    for key in keys {
      let filter = BSONDocument { $0.append("keys", key) }
      let options = FindOptions(projection: ascending("_id"), limit: recordsMax + 1, hint: ascending("keys"))
      let sharing = try storing { try collection.find(filter, options, deadline: deadline) }
      guard sharing.count <= recordsMax else { continue }
      for document in sharing { if let id = document.string("_id") { found.insert(ByteString(id)) } }
    }
    return found.sorted().map(\.string)
  }

  /// Whether no record has keys yet.
  public func isEmpty(deadline: Deadline) throws(StoreError) -> Bool {
    try storing { try collection.findOne(BSONDocument(), deadline: deadline) } == nil
  }
}
