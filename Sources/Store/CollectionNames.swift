/// Every collection of the database, in one place. No name is ever made from input.
public enum CollectionName {
  // Sources: append-only under their own identifiers.
  static let sourceCustomers = "source_customers"
  static let events = "events"
  static let orders = "orders"
  static let products = "products"
  static let ratings = "ratings"
  static let interactions = "interactions"
  /// What people decided about identities: merges and denials.
  static let identityDecisions = "identity_decisions"
  /// Values that people hold fast in golden records.
  static let pinnedValues = "pinned_values"
  /// Pairs of records that may be one person, found by scores.
  static let duplicateCandidates = "duplicate_candidates"
  /// Versions of the identity rules.
  static let identityRules = "identity_rules"
  /// Superseded versions of customer records, orders, products, ratings and interactions.
  static let sourceVersions = "source_versions"
  /// What was well-formed and could not be applied.
  static let deadLetters = "dead_letters"
  /// What the projector is asked to look at again.
  static let projectionRequests = "projection_requests"
  /// Where sources that are asked stand.
  static let pullSources = "pull_sources"
  /// Answers to requests that carried an `Idempotency-Key`.
  static let idempotencyKeys = "idempotency_keys"

  // Where customer ids lead that were made of an identifier which no source names any more. Kept for ever.
  static let customerAliases = "customer_aliases"

  /// Messages that wait for their senders to be known, and since when.
  static let parkedInteractions = "parked_interactions"

  // Projections: can be dropped and rebuilt.
  static let identityEdges = "identity_edges"
  static let identifiers = "identifiers"
  static let rollups = "rollups"
  static let customers = "customers"
  /// Keys under which records find those that may be the same person.
  static let matchKeys = "match_keys"

  // Models and what they make.
  static let models = "models"
  static let modelVersions = "model_versions"
  static let modelChunks = "model_chunks"
  static let jobs = "jobs"
  static let endpoints = "endpoints"
  static let shadowAgreements = "shadow_agreements"
  static let segmentMembers = "segment_members"
  static let recommendations = "recommendations"
  static let customerScores = "customer_scores"

  // The service itself.
  static let apiKeys = "api_keys"
  static let settings = "settings"
  static let changeTokens = "change_tokens"
  static let leases = "leases"
}
