import BSON
import MongoDB

/// The dead letters, `{_id, origin, kind, itemId, code, field?, content?, context?, firstAt, lastAt, attempts}`.
public struct DeadLetterCollection: Sendable {
  let collection: MongoCollection

  /// Keeps letters. One that is there already counts one more attempt and says why it failed this time.
  public func put(_ letters: [DeadLetter], at now: BSONDate, deadline: Deadline) throws(StoreError) {
    guard !letters.isEmpty else { return }
    let statements = letters.map { letter in
      WriteStatement.update(
        filter: identity(letter.id),
        update: BSONDocument { update in
          update.append(
            "$setOnInsert",
            document: {
              $0.append("origin", letter.origin.rawValue)
              $0.append("kind", letter.kind)
              $0.append("itemId", letter.itemId)
              $0.append("firstAt", now)
            })
          update.append(
            "$set",
            document: {
              $0.append("code", letter.code)
              $0.append("lastAt", now)
              if let field = letter.field { $0.append("field", field) }
              if !letter.content.isEmpty { $0.append("content", BSONBinary(letter.content)) }
              if !letter.context.isEmpty { $0.append("context", letter.context) }
            })
          if letter.field == nil { update.append("$unset", document: { $0.append("field", "") }) }
          update.append("$inc", document: { $0.append("attempts", Int32(1)) })
        }, upsert: true)
    }
    _ = try storing { try collection.write(statements, deadline: deadline).confirmed() }
  }

  /// One letter.
  public func find(_ id: String, deadline: Deadline) throws(StoreError) -> DeadLetter? {
    try storing { try collection.findOne(identity(id), deadline: deadline) }.flatMap(DeadLetter.init)
  }

  /// Letters, oldest first by (firstAt, id), of one origin or of all.
  public func list(
    of origin: DeadLetter.Origin? = nil, after position: (firstAt: BSONDate, id: String)? = nil, limit: Int,
    deadline: Deadline
  ) throws(StoreError) -> [DeadLetter] {
    let filter = BSONDocument { filter in
      if let origin { filter.append("origin", origin.rawValue) }
      if let position {
        filter.append("firstAt", document: { $0.append("$gte", position.firstAt) })
        filter.append(
          "$or",
          array: { either in
            either.append(document: { $0.append("firstAt", document: { $0.append("$gt", position.firstAt) }) })
            either.append(document: { $0.append("_id", document: { $0.append("$gt", position.id) }) })
          })
      }
    }
    let order = origin == nil ? Self.order : Self.orderOfOrigin
    let options = FindOptions(sort: Self.order, limit: limit, hint: order)
    return try storing { try collection.find(filter, options, deadline: deadline) }.compactMap(DeadLetter.init)
  }

  /// Removes a letter. False when there is none of this id.
  public func remove(_ id: String, deadline: Deadline) throws(StoreError) -> Bool {
    try storing {
      try collection.write([.delete(filter: identity(id), multi: false)], deadline: deadline).confirmed()
    }.deletedCount == 1
  }

  /// How many letters there are, by the server's bookkeeping.
  public func count(deadline: Deadline) throws(StoreError) -> Int {
    try storing { try collection.estimatedCount(deadline: deadline) }
  }

  static let order = ascending("firstAt", "_id")

  static let orderOfOrigin = ascending("origin", "firstAt", "_id")

  static let indexes = [IndexDefinition(keys: order), IndexDefinition(keys: orderOfOrigin)]
}
