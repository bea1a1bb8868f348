import BSON
import MongoDB

extension ProjectionCollections {
  /// Rollups of the given subjects, in the order of subject and day.
  public func forEachRollup(
    ofSubjects subjects: [String], deadline: Deadline, _ body: (Rollup) -> Void
  ) throws(StoreError) {
    for chunk in subjects.sorted().chunked(Self.namesPerQueryMax) {
      try forEachRollup(matching: among("subject", chunk), deadline: deadline, body)
    }
  }

  /// Every rollup there is, in the order of subject and day.
  public func forEachRollup(deadline: Deadline, _ body: (Rollup) -> Void) throws(StoreError) {
    try forEachRollup(matching: BSONDocument(), deadline: deadline, body)
  }

  /// Sets rollups to what was computed, and removes those of days on which nothing is left.
  public func set(_ rollups: [Rollup], removing emptyIds: [String], deadline: Deadline) throws(StoreError) {
    var statements = rollups.map { rollup in
      WriteStatement.replace(
        filter: identity(Rollup.id(subject: rollup.subject, day: rollup.day)), with: rollup.document, upsert: true)
    }
    statements += emptyIds.map { .delete(filter: identity($0), multi: false) }
    try write([(self.rollups, statements)], deadline: deadline)
  }

  private func forEachRollup(
    matching filter: BSONDocument, deadline: Deadline, _ body: (Rollup) -> Void
  ) throws(StoreError) {
    let order = BSONDocument {
      $0.append("subject", Int32(1))
      $0.append("day", Int32(1))
    }
    try storing {
      try rollups.find(filter, FindOptions(sort: order), deadline: deadline) { bytes in
        guard let rollup = Rollup(BSONDocument(copying: bytes)) else {
          throw StoreError.malformedDocument(collection: rollups.name, reason: "no subject or day")
        }
        body(rollup)
        return true
      }
    }
  }
}
