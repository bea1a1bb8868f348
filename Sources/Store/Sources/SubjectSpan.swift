import BSON

/// What belongs to some subjects in a span of time: the filter that events, orders and interactions are read by.
struct SubjectSpan {
  let subjects: [String]
  /// Included.
  let first: BSONDate
  /// Excluded.
  let end: BSONDate

  /// The filter over documents that have their time in a field.
  func filter(time field: String) -> BSONDocument {
    BSONDocument {
      $0.append("subject", document: { $0.append("$in", subjects) })
      $0.append(
        field,
        document: {
          $0.append("$gte", first)
          $0.append("$lt", end)
        })
    }
  }
}
