import BSON
import MongoDB

/// The four collections that can be thrown away: edges made by rules, identifiers, rollups, customers.
///
/// A rebuild fills a second set under names of its own and then takes the place of the first.
public struct ProjectionCollections: Sendable {
  let edges: MongoCollection
  let identifiers: MongoCollection
  let rollups: MongoCollection
  let customers: MongoCollection
  let database: MongoDatabase
  /// The lease that every write is held against; nil where there is no other writer.
  private(set) var lease: Lease?

  init(_ database: MongoDatabase, suffix: String = "") {
    self.database = database
    edges = database.collection(CollectionName.identityEdges + suffix)
    identifiers = database.collection(CollectionName.identifiers + suffix)
    rollups = database.collection(CollectionName.rollups + suffix)
    customers = database.collection(CollectionName.customers + suffix)
  }

  /// Who claims an identifier, by id: of a telephone that thousands share, only a page is read.
  static let claimOrder = BSONDocument {
    $0.append("identifierKeys", Int32(1))
    $0.append("_id", Int32(1))
  }

  private var frozenOrder: BSONDocument {
    BSONDocument {
      $0.append("frozen", Int32(1))
      $0.append("_id", Int32(1))
    }
  }

  /// What an index is for, in the order in which a rebuild comes to need it. One that is created over what is there is sorted and written
  /// at once, which takes a fraction of what it takes entry by entry.
  public enum Need: CaseIterable, Sendable {
    /// Replacing the edges of records.
    case edges
    /// Finding what hangs together, and what happened under it.
    case customers
    /// Reading.
    case readers
  }

  /// Creates what is missing of the indexes for something. Idempotent.
  public func createIndexes(for need: Need, deadline: Deadline) throws(StoreError) {
    try storing {
      switch need {
      case .edges:
        try edges.createIndexes([IndexDefinition(ascending: "owner")], deadline: deadline)
      case .customers:
        try edges.createIndexes(["a", "b"].map { IndexDefinition(ascending: $0) }, deadline: deadline)
        try rollups.createIndexes([IndexDefinition(ascending: "subject", "day")], deadline: deadline)
      case .readers:
        try identifiers.createIndexes(
          ["anchor", "customerId"].map { IndexDefinition(ascending: $0) }, deadline: deadline)
        try customers.createIndexes(
          [
            IndexDefinition(keys: Self.claimOrder), IndexDefinition(ascending: "searchKeys"),
            IndexDefinition(
              keys: frozenOrder, name: "frozen", partialFilter: BSONDocument { $0.append("frozen", true) }),
          ], deadline: deadline)
      }
    }
  }

  /// Puts these collections in the place of `other`, each in one atomic step, and leaves nothing of `other`.
  public func take(placeOf other: ProjectionCollections, deadline: Deadline) throws(StoreError) {
    let pairs = [
      (edges, other.edges), (identifiers, other.identifiers), (rollups, other.rollups), (customers, other.customers),
    ]
    try storing {
      for (new, old) in pairs {
        _ = try database.runAdmin(
          BSONDocument {
            $0.append("renameCollection", database.name + "." + new.name)
            $0.append("to", database.name + "." + old.name)
            $0.append("dropTarget", true)
          }, deadline: deadline)
      }
    }
  }

  /// Drops all four.
  public func drop(deadline: Deadline) throws(StoreError) {
    try storing {
      for collection in [edges, identifiers, rollups, customers] { try collection.drop(deadline: deadline) }
    }
  }
}

extension ProjectionCollections {
  /// The same collections, written to only as long as a lease has not gone to another.
  public func held(under lease: Lease) -> ProjectionCollections {
    var collections = self
    collections.lease = lease
    return collections
  }

  /// Runs writes; under a lease all of them or none, else in order.
  func write(_ changes: [(collection: MongoCollection, statements: [WriteStatement])], deadline: Deadline)
    throws(StoreError)
  {
    let changes = changes.filter { !$0.statements.isEmpty }
    guard !changes.isEmpty else { return }
    guard let lease else {
      try storing {
        for change in changes { _ = try change.collection.write(change.statements, deadline: deadline).confirmed() }
      }
      return
    }
    try database.held(under: lease, deadline: deadline) { transaction in
      for change in changes { try transaction.write(change.statements, in: change.collection.name) }
    }
  }
}

/// `{field: 1}`, for indexes and sorts.
func ascending(_ fields: String...) -> BSONDocument {
  BSONDocument { document in for field in fields { document.append(field, Int32(1)) } }
}

/// `{field: {$in: values}}`.
func among(_ field: String, _ values: [String]) -> BSONDocument {
  BSONDocument { $0.append(field, document: { $0.append("$in", values) }) }
}

/// `{_id: id}`.
func identity(_ id: String) -> BSONDocument { BSONDocument { $0.append("_id", id) } }
