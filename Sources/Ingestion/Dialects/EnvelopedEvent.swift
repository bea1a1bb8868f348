import BSON

/// An event that came in another protocol's envelope: the data has the event's fields, the envelope its id and what the
/// data leaves open.
struct EnvelopedEvent {
  /// The event's id, whatever the data says.
  let id: String
  let data: BSONDocument
  /// What to keep of the envelope under `properties`, unless the data has a property of that name.
  let envelope: (name: String, content: BSONDocument)?
  /// Values of fields that the data may leave open.
  var defaults: [(field: String, aliases: [String], value: BSONValue)] = []

  /// The event as the object that it would be in our own JSON.
  func input() throws(Fault) -> BSONDocument {
    var properties = BSONDocument()
    if let element = data.element("properties"), element.type != .null {
      guard let given = element.value.documentValue else { throw Fault(.notAnObject, "properties") }
      properties = given
    }
    return BSONDocument { input in
      input.append("_id", id)
      for (field, aliases, value) in defaults where !([field] + aliases).contains(where: isGiven) {
        input.append(field, value)
      }
      for element in data where element.type != .null && !Self.decided.contains(where: { element.keyEquals($0) }) {
        input.append(element)
      }
      input.append(
        "properties",
        document: { inner in
          inner.append(contentsOf: properties)
          if let envelope, !envelope.content.isEmpty, !properties.contains(envelope.name) {
            inner.append(envelope.name, envelope.content)
          }
        })
    }
  }

  /// Names of the data that are decided here.
  private static let decided = ["_id", "eventId", "messageId", "properties"]

  private func isGiven(_ name: String) -> Bool { data.element(name).map { $0.type != .null } ?? false }
}
