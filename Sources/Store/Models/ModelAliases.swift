import BSON
import MongoDB

/// Aliases beside `default` and `previous`. A model keeps them as `labels: [{name, version}]`: a name from outside is a value, never
/// a field.
extension Registry {
  /// Puts `labels` in the place of `former`; false when somebody else was faster. No former ones are an absent field.
  public func set(
    labels: [BSONDocument], insteadOf former: BSONArray?, ofModel model: String, deadline: Deadline
  ) throws(StoreError) -> Bool {
    let filter = BSONDocument {
      $0.append("_id", model)
      if let former {
        $0.append("labels", document: { $0.append("$eq", former) })
      } else {
        $0.append("labels", document: { $0.append("$exists", false) })
      }
    }
    let update = BSONDocument { $0.append("$set", document: { $0.append("labels", labels) }) }
    return try storing {
      try models.write([.update(filter: filter, update: update)], deadline: deadline).confirmed().matchedCount == 1
    }
  }
}
