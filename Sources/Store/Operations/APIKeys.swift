import BSON
import MongoDB

/// What a key may do.
public enum KeyScope: String, Sendable, CaseIterable {
  /// Reads single customers and products.
  case agent
  /// Reads segments and lists, and what an agent reads.
  case marketer
  /// Sends source data in.
  case ingest
  /// Everything.
  case admin
}

/// A stored API key: never the key itself.
public struct APIKey: Sendable {
  /// The public part, by which the key is named and found.
  public let id: String
  /// A label that its maker chose.
  public let name: String
  /// What it may do.
  public let scopes: Set<KeyScope>
  /// SHA-256 of the secret: the key has 160 random bits, so that no slow hash is needed.
  public let secretHash: [UInt8]
  /// When it was made.
  public let createdAt: BSONDate

  /// A key as it is stored.
  public init(id: String, name: String, scopes: Set<KeyScope>, secretHash: [UInt8], createdAt: BSONDate) {
    self.id = id
    self.name = name
    self.scopes = scopes
    self.secretHash = secretHash
    self.createdAt = createdAt
  }

  init?(_ document: BSONDocument) {
    guard let id = document.string("_id"), let hash = document["secretHash"]?.stringValue,
      let createdAt = document.date("createdAt")
    else { return nil }
    self.init(
      id: id, name: document.string("name") ?? "",
      scopes: Set(document.array("scopes")?.compactMap { $0.stringValue.flatMap(KeyScope.init) } ?? []),
      secretHash: Array(hash.utf8), createdAt: createdAt)
  }

  var document: BSONDocument {
    BSONDocument {
      $0.append("_id", id)
      $0.append("name", name)
      $0.append("scopes", scopes.map(\.rawValue).sorted())
      $0.append("secretHash", String(decoding: secretHash, as: UTF8.self))
      $0.append("createdAt", createdAt)
    }
  }
}

extension Store {
  /// All keys.
  public func apiKeys(deadline: Deadline) throws(StoreError) -> [APIKey] {
    try storing {
      try database.collection(CollectionName.apiKeys).find(
        BSONDocument(), FindOptions(sort: ascending("_id")), deadline: deadline)
    }.compactMap(APIKey.init)
  }

  /// Stores a key.
  public func add(_ key: APIKey, deadline: Deadline) throws(StoreError) {
    _ = try storing {
      try database.collection(CollectionName.apiKeys).insert([key.document], deadline: deadline).confirmed()
    }
  }

  /// Removes a key. False when there is none with this id.
  public func removeAPIKey(_ id: String, deadline: Deadline) throws(StoreError) -> Bool {
    try storing {
      try database.collection(CollectionName.apiKeys).write(
        [.delete(filter: identity(id), multi: false)], deadline: deadline
      ).confirmed()
    }.deletedCount == 1
  }
}
