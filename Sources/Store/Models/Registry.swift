import BSON
import MongoDB

/// Models, their versions and their bytes. A version is immutable once it is complete; its bytes are stored in chunks.
public struct Registry: Sendable {
  /// The largest piece of a model in one document, in bytes.
  static let chunkBytesMax = 8 << 20

  let models: MongoCollection
  let versions: MongoCollection
  let chunks: MongoCollection
  let jobs: MongoCollection

  /// Stores a version with its bytes: `fields` hold `model`, `version` and whatever its card says.
  ///
  /// The version's document is written last, so that a version which can be seen is complete.
  public func add(_ id: String, fields: BSONDocument, bytes: [UInt8], deadline: Deadline) throws(StoreError) {
    let pieces = bytes.chunked(Self.chunkBytesMax)
    try storing {
      for (number, piece) in pieces.enumerated() {
        let chunk = BSONDocument {
          $0.append("_id", "\(id)/\(number)")
          $0.append("bytes", piece)
        }
        _ = try chunks.write(
          [.replace(filter: identity("\(id)/\(number)"), with: chunk, upsert: true)], deadline: deadline
        )
        .confirmed()
      }
      let document = BSONDocument { writer in
        writer.append("_id", id)
        writer.append("bytesCount", bytes.count)
        writer.append("chunks", pieces.count)
        writer.append("checksum", Digest.hexadecimal(Digest.sha256(bytes)))
        for element in fields { writer.append(element) }
      }
      _ = try versions.insert([document], deadline: deadline).confirmed()
    }
  }

  /// A version's document.
  public func version(_ id: String, deadline: Deadline) throws(StoreError) -> BSONDocument? {
    try storing { try versions.findOne(identity(id), deadline: deadline) }
  }

  /// The versions of one model, or of all, in the order in which they were made.
  public func versions(of model: String?, deadline: Deadline) throws(StoreError) -> [BSONDocument] {
    let filter = BSONDocument { writer in if let model { writer.append("model", model) } }
    let order = BSONDocument {
      $0.append("model", Int32(1))
      $0.append("number", Int32(1))
    }
    return try storing { try versions.find(filter, FindOptions(sort: order), deadline: deadline) }
  }

  /// The bytes of a version, or nil when a piece is missing or the checksum does not hold.
  public func bytes(of version: BSONDocument, deadline: Deadline) throws(StoreError) -> [UInt8]? {
    guard let id = version.string("_id"), let count = version.int("chunks") else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(version.int("bytesCount") ?? 0)
    for number in 0..<count {
      let chunk = try storing { try chunks.findOne(identity("\(id)/\(number)"), deadline: deadline) }
      guard case .binary(let piece) = chunk?["bytes"] else { return nil }
      bytes.append(contentsOf: piece.bytes)
    }
    return Digest.hexadecimal(Digest.sha256(bytes)) == version.string("checksum") ? bytes : nil
  }

  /// What is said of a model as a whole: `default` and other aliases, counters.
  public func model(_ name: String, deadline: Deadline) throws(StoreError) -> BSONDocument? {
    try storing { try models.findOne(identity(name), deadline: deadline) }
  }

  /// Every model.
  public func allModels(deadline: Deadline) throws(StoreError) -> [BSONDocument] {
    try storing { try models.find(BSONDocument(), FindOptions(sort: ascending("_id")), deadline: deadline) }
  }

  /// Reserves the next version number of a model: 1, 2, …; a number is never given twice.
  public func nextVersionNumber(of model: String, deadline: Deadline) throws(StoreError) -> Int {
    let count = BSONDocument { $0.append("$inc", document: { $0.append("versionsStarted", 1) }) }
    let after = try storing {
      try models.findAndModify(
        filter: identity(model), update: count, upsert: true, returnNew: true, deadline: deadline)
    }
    return after?.int("versionsStarted") ?? 1
  }

  /// Stores or replaces a job's document, which has its `_id`.
  public func set(job: BSONDocument, deadline: Deadline) throws(StoreError) {
    guard let id = job.string("_id") else { return }
    _ = try storing {
      try jobs.write([.replace(filter: identity(id), with: job, upsert: true)], deadline: deadline).confirmed()
    }
  }

  /// A job's document.
  public func job(_ id: String, deadline: Deadline) throws(StoreError) -> BSONDocument? {
    try storing { try jobs.findOne(identity(id), deadline: deadline) }
  }

  static let versionIndexes = [
    IndexDefinition(ascending: "model", "number")
  ]
}
