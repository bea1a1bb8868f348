import BSON
import MongoDB
import Store

/// Single customer records, products, orders and ratings: looked at, set, patched and deleted by somebody who has seen them.
public struct SourceEditor: Sendable {
  private let store: Store
  private let decoder: BatchDecoder

  /// An editor of what is in `store`.
  public init(store: Store, decoder: BatchDecoder = BatchDecoder()) {
    self.store = store
    self.decoder = decoder
  }

  /// One item by the values of its `idFields`.
  public struct Key: Sendable {
    let kind: IngestKind
    let parts: [String]
    let id: String

    /// The item of a kind that is kept by version, with these values of the kind's `idFields`.
    public init(_ kind: IngestKind, _ parts: [String]) {
      precondition(kind != .events && parts.count == kind.idFields.count, "a key of \(kind)")
      self.kind = kind
      self.parts = parts
      id = kind.storedId(parts)
    }
  }

  /// An item as it is, and its version.
  public struct Found: Sendable {
    /// The stored document.
    public let document: BSONDocument
    /// The version, from 1.
    public let version: Int
  }

  /// The item, unless there is none or it is deleted.
  public func find(_ key: Key, deadline: Deadline) throws(StoreError) -> Found? {
    guard let document = try collection(key.kind).find(id: key.id, deadline: deadline) else { return nil }
    guard let version = document.int("version") else {
      throw .malformedDocument(collection: key.kind.rawValue, reason: "no version")
    }
    return Found(document: document, version: version)
  }

  /// Sets the item to what `body` says, if it is of this version; nil expects that there is none.
  public func put(
    _ body: BSONDocument, at key: Key, expecting version: Int?, receivedAt: BSONDate, deadline: Deadline
  ) throws(EditError) -> VersionedEdit {
    try store(try item(body, key, receivedAt), in: key, expecting: version, deadline: deadline)
  }

  /// Changes the item by a JSON merge patch. A name that the kind does not know is one of its attributes. A patch that does
  /// not say when its source changed the item changed it now, where the item says so at all.
  public func patch(
    _ patch: BSONDocument, _ found: Found, at key: Key, receivedAt: BSONDate, deadline: Deadline
  ) throws(EditError) -> VersionedEdit {
    let schema = key.kind.schema
    let derived = VersionedCollection.ownFields + ["day", "subject"]
    let base = BSONDocument { base in
      for element in found.document where !derived.contains(where: { element.keyEquals($0) }) { base.append(element) }
    }
    var changed = BSONDocument { known in
      for element in patch where schema.match(element.keyBytes) != .unknown { known.append(element) }
      if base.contains("updatedAt"), !patch.contains("updatedAt") { known.append("updatedAt", receivedAt) }
    }
    changed = merged(base, with: changed)
    let extras = BSONDocument { extras in
      for element in patch where schema.match(element.keyBytes) == .unknown { extras.append(element) }
    }
    if !extras.isEmpty {
      let attributes = BSONDocument { $0.append("attributes", extras) }
      changed = merged(changed, with: attributes)
    }
    let item = try item(changed, key, receivedAt)
    return try store(item, in: key, expecting: found.version, deadline: deadline)
  }

  /// Deletes the item if it is of this version, keeping what it was. False when it is not.
  public func delete(_ key: Key, expecting version: Int, deadline: Deadline) throws(StoreError) -> Bool {
    try collection(key.kind).delete(id: key.id, expecting: version, deadline: deadline)
  }

  private func collection(_ kind: IngestKind) -> VersionedCollection {
    switch kind {
    case .events: preconditionFailure("events never change")
    case .customers: store.customerRecords
    case .products: store.products
    case .orders: store.orders
    case .ratings: store.ratings
    case .interactions: store.interactions
    }
  }

  /// The canonical item; the path says its id, and the body may say it too.
  private func item(_ body: BSONDocument, _ key: Key, _ receivedAt: BSONDate) throws(EditError) -> ValidItem {
    let writer = FieldWriter(isTextual: false)
    let names = key.kind.idFields
    for (name, part) in zip(names, key.parts) {
      guard let element = body.element(name), element.type != .null else { continue }
      let said = (try? writer.idText(of: element, name)) ?? nil
      guard said.map({ ByteString($0) == ByteString(part) }) == true else {
        throw .rejected(Rejection(index: 0, id: key.id, code: "id_mismatch", field: name))
      }
    }
    let input = BSONDocument { input in
      for (name, part) in zip(names, key.parts) { input.append(name, part) }
      for element in body where !names.contains(where: { element.keyEquals($0) }) { input.append(element) }
    }
    var canonicalizer = Canonicalizer(key.kind, region: decoder.region, receivedAt: receivedAt)
    switch canonicalizer.item(input, at: 0) {
    case .valid(let item): return item
    case .rejected(let rejection): throw .rejected(rejection)
    }
  }

  private func store(
    _ item: ValidItem, in key: Key, expecting version: Int?, deadline: Deadline
  ) throws(EditError) -> VersionedEdit {
    do throws(StoreError) {
      return try collection(key.kind).edit(
        VersionedItem(id: item.id, content: item.document, updatedAt: item.updatedAt), expecting: version,
        deadline: deadline)
    } catch {
      throw .store(error)
    }
  }
}

/// Why an edit was not made.
public enum EditError: Error, Sendable {
  /// The item cannot be stored.
  case rejected(Rejection)
  /// The database did not take it.
  case store(StoreError)
}
