import BSON
import MongoDB

/// The collections of one customer360 database: names, indexes, typed reads and writes.
///
/// The only place that writes a query. Every call blocks and takes a deadline; none may run on a connection's thread.
/// A class, though nothing of it changes: whoever holds one copies a reference, not thirty collections.
public final class Store: Sendable {
  /// The database itself, for pings and for tests.
  public let database: MongoDatabase

  // Sources.
  /// Events and rows of events.
  public let events: EventCollection
  /// Customer source records.
  public let customerRecords: VersionedCollection
  /// Orders.
  public let orders: VersionedCollection
  /// Products.
  public let products: VersionedCollection
  /// Explicit product ratings.
  public let ratings: VersionedCollection
  /// E-mails, calls, chats and the like.
  public let interactions: VersionedCollection

  /// What was well-formed and could not be applied.
  public let deadLetters: DeadLetterCollection
  /// Messages that wait for their senders to be known.
  public let parked: ParkedInteractions
  /// What people decided about identities.
  public let decisions: IdentityDecisions
  /// Pairs that wait for a decision.
  public let duplicates: DuplicateCandidates
  /// What people hold fast in golden records.
  public let pins: PinnedValues
  /// Keys by which records find each other.
  public let matchIndex: MatchIndex
  /// The identity rules.
  public let identityRules: IdentityRuleVersions
  /// Where ids lead whose identifier is gone.
  public let aliases: CustomerAliases

  /// The projections that are served.
  public let projections: ProjectionCollections

  /// Models and their versions.
  public let registry: Registry

  /// What models say of customers.
  public let outputs: ModelOutputs

  /// What former versions and the places of sources are written under; nil where many may write.
  let lease: Lease?

  let tokens: MongoCollection
  let projectionRequests: MongoCollection
  let idempotencyKeys: MongoCollection
  let leases: MongoCollection
  let settings: MongoCollection
  let versions: MongoCollection

  /// The collections of a database; touches nothing.
  public convenience init(_ database: MongoDatabase) { self.init(database, lease: nil) }

  init(_ database: MongoDatabase, lease: Lease?) {
    self.database = database
    self.lease = lease
    let versions = database.collection(CollectionName.sourceVersions)
    func versioned(_ name: String) -> VersionedCollection {
      VersionedCollection(
        name: name, latest: database.collection(name), versions: versions, database: database, lease: lease)
    }
    events = EventCollection(collection: database.collection(CollectionName.events))
    customerRecords = versioned(CollectionName.sourceCustomers)
    orders = versioned(CollectionName.orders)
    products = versioned(CollectionName.products)
    ratings = versioned(CollectionName.ratings)
    interactions = versioned(CollectionName.interactions)
    deadLetters = DeadLetterCollection(collection: database.collection(CollectionName.deadLetters))
    parked = ParkedInteractions(collection: database.collection(CollectionName.parkedInteractions))
    decisions = IdentityDecisions(collection: database.collection(CollectionName.identityDecisions))
    duplicates = DuplicateCandidates(collection: database.collection(CollectionName.duplicateCandidates))
    pins = PinnedValues(collection: database.collection(CollectionName.pinnedValues))
    matchIndex = MatchIndex(collection: database.collection(CollectionName.matchKeys))
    identityRules = IdentityRuleVersions(collection: database.collection(CollectionName.identityRules))
    aliases = CustomerAliases(collection: database.collection(CollectionName.customerAliases))
    projections = ProjectionCollections(database)
    registry = Registry(
      models: database.collection(CollectionName.models), versions: database.collection(CollectionName.modelVersions),
      chunks: database.collection(CollectionName.modelChunks), jobs: database.collection(CollectionName.jobs))
    outputs = ModelOutputs(
      members: database.collection(CollectionName.segmentMembers),
      recommendations: database.collection(CollectionName.recommendations),
      scores: database.collection(CollectionName.customerScores))
    projectionRequests = database.collection(CollectionName.projectionRequests)
    idempotencyKeys = database.collection(CollectionName.idempotencyKeys)
    tokens = database.collection(CollectionName.changeTokens)
    leases = database.collection(CollectionName.leases)
    settings = database.collection(CollectionName.settings)
    self.versions = versions
  }

  /// Creates what is missing of indexes. Idempotent; blocks until they are there.
  public func prepare(deadline: Deadline) throws(StoreError) {
    try storing {
      for plan in Self.sourceIndexes {
        try database.collection(plan.collection).createIndexes(plan.indexes, deadline: deadline)
      }
    }
    for need in ProjectionCollections.Need.allCases { try projections.createIndexes(for: need, deadline: deadline) }
  }

  /// Empty projections beside the served ones, for a rebuild, which creates their indexes when it comes to need them.
  public func projectionsUnderConstruction(deadline: Deadline) throws(StoreError) -> ProjectionCollections {
    let collections = ProjectionCollections(database, suffix: "_rebuilt")
    try collections.drop(deadline: deadline)
    return collections
  }

  /// What indexes each collection has, apart from those of the projections.
  static let sourceIndexes: [(collection: String, indexes: [IndexDefinition])] = [
    (CollectionName.events, EventCollection.indexes),
    (CollectionName.orders, OrderReads.indexes),
    (CollectionName.products, VersionedCollection.productIndexes),
    (CollectionName.ratings, [IndexDefinition(ascending: "userId")]),
    (CollectionName.interactions, [IndexDefinition(keys: InteractionReads.subjectOrder)]),
    (CollectionName.sourceVersions, VersionedCollection.versionIndexes),
    (CollectionName.deadLetters, DeadLetterCollection.indexes),
    (CollectionName.parkedInteractions, ParkedInteractions.indexes),
    (CollectionName.projectionRequests, Store.projectionRequestIndexes),
    (CollectionName.idempotencyKeys, Store.idempotencyIndexes),
    (CollectionName.identityDecisions, IdentityDecisions.indexes),
    (CollectionName.duplicateCandidates, DuplicateCandidates.indexes),
    (CollectionName.pinnedValues, PinnedValues.indexes),
    (CollectionName.modelVersions, Registry.versionIndexes),
    (CollectionName.jobs, Registry.jobIndexes),
    (CollectionName.shadowAgreements, shadowAgreementIndexes),
    (CollectionName.segmentMembers, ModelOutputs.memberIndexes),
    (CollectionName.recommendations, ModelOutputs.recommendationIndexes),
    (CollectionName.customerScores, ModelOutputs.scoreIndexes),
  ]
}
