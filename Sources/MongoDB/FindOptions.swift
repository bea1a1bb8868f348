import BSON

/// How documents are found.
public struct FindOptions: Sendable {
  /// Order of the documents.
  public var sort: BSONDocument?
  /// Which fields to return.
  public var projection: BSONDocument?
  /// At most so many documents.
  public var limit: Int?
  /// Leave out so many documents first.
  public var skip: Int?
  /// Documents in each of the server's batches; the server's choice when nil.
  public var batchSize: Int?
  /// The index to use, by its keys.
  public var hint: BSONDocument?
  /// Return only what a majority has: never rolled back, perhaps a moment behind.
  public var majority: Bool
  /// How strings compare, for case-insensitive search by an index with the same collation.
  public var collation: BSONDocument?

  /// Options; none where not given.
  public init(
    sort: BSONDocument? = nil, projection: BSONDocument? = nil, limit: Int? = nil, skip: Int? = nil,
    batchSize: Int? = nil, hint: BSONDocument? = nil, majority: Bool = false, collation: BSONDocument? = nil
  ) {
    self.sort = sort
    self.projection = projection
    self.limit = limit
    self.skip = skip
    self.batchSize = batchSize
    self.hint = hint
    self.majority = majority
    self.collation = collation
  }

  /// Appends the options of a `find` command.
  func append(to writer: inout BSONWriter) {
    if let sort { writer.append("sort", sort) }
    if let projection { writer.append("projection", projection) }
    if let skip { writer.append("skip", skip) }
    if let hint { writer.append("hint", hint) }
    if let collation { writer.append("collation", collation) }
    if majority { writer.append("readConcern") { $0.append("level", "majority") } }
  }
}
