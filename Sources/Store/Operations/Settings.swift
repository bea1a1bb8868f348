import BSON
import MongoDB

extension Store {
  /// A setting that was decided once.
  public func setting(_ name: String, deadline: Deadline) throws(StoreError) -> BSONDocument? {
    try storing { try settings.findOne(identity(name), deadline: deadline) }
  }

  /// Decides a setting unless that was done before; returns what holds.
  public func decideSetting(_ name: String, _ fields: BSONDocument, deadline: Deadline) throws(StoreError)
    -> BSONDocument
  {
    _ = try storing { try settings.insert([named(name, fields)], deadline: deadline).confirmed() }
    return try setting(name, deadline: deadline) ?? fields
  }

  /// Sets a setting.
  public func setSetting(_ name: String, _ fields: BSONDocument, deadline: Deadline) throws(StoreError) {
    _ = try storing {
      try settings.write(
        [.replace(filter: identity(name), with: named(name, fields), upsert: true)], deadline: deadline
      )
      .confirmed()
    }
  }

  private func named(_ name: String, _ fields: BSONDocument) -> BSONDocument {
    BSONDocument { writer in
      writer.append("_id", name)
      for element in fields where !element.keyEquals("_id") { writer.append(element) }
    }
  }
}
