import BSON
import Identity
import Store

// Mail of unknown senders. It rests among the interactions like all other mail; as long as no source names the address that it came
// from it is part of no customer. Whether it waits is computed with the customers, from sources and edges alone, so that it is attached
// by the pass that sees the address appear, whatever brings it.

extension ProjectionPass {
  /// The messages of clusters that are nothing but an address that somebody wrote from: no record claims it, no person merged or pinned
  /// it, nothing else happened under it.
  func parked(
    _ clusters: [CustomerCluster], _ features: [CustomerFeatures], edges: [Edge], pinned: Set<Identifier>
  ) throws(StoreError) -> [ByteString: [String]] {
    var senders: Set<Identifier> = []
    for (cluster, feature) in zip(clusters, features) where feature.hasContactsOnly && cluster.members.count == 1 {
      if let only = cluster.members.first, only.type == .email, !pinned.contains(only) { senders.insert(only) }
    }
    for edge in edges where edge.rule != Edge.denyRule { senders.subtract([edge.a, edge.b]) }
    guard !senders.isEmpty else { return [:] }
    var messages: [ByteString: [String]] = [:]
    var known: Set<ByteString> = []
    let region = resolver.rules.normalization.region
    try store.interactions.forEachAddressing(ofSubjects: senders.map(\.key), deadline: deadline) { interaction in
      guard let id = interaction.string("_id"), let subject = interaction.string("subject") else { return }
      if Self.isFromSenderAlone(interaction, region: region) {
        messages[ByteString(subject), default: []].append(id)
      } else {
        known.insert(ByteString(subject))
      }
    }
    return messages.filter { !known.contains($0.key) }
  }

  /// Whether an interaction is mail that says of whom it is by nothing but the address that it was written from.
  static func isFromSenderAlone(_ interaction: BSONDocument, region: PhoneRegion) -> Bool {
    guard interaction.string("channel") == "email", interaction.string("direction") != "outbound" else { return false }
    let names: [(field: String, type: IdentifierType)] = [
      ("userId", .user), ("loyaltyId", .loyalty), ("email", .email), ("phone", .phone), ("anonymousId", .anonymous),
    ]
    return !names.contains { name in
      interaction.string(name.field).flatMap { Identifier(name.type, $0, region: region) } != nil
    }
  }

  /// Notes which messages wait, and returns the ids of those that no longer do.
  func park(_ resolved: Resolved) throws(StoreError) -> [String] {
    let senders = resolved.nodes.filter { $0.type == .email }.map(\.key)
    guard !senders.isEmpty else { return [] }
    var waiting: [ByteString: ByteString] = [:]
    for (sender, ids) in resolved.parked { for id in ids { waiting[ByteString(id)] = sender } }
    let noted = try store.parked.of(senders, deadline: deadline)
    var settled: Set<ByteString> = []
    for entry in noted where waiting[ByteString(entry.id)] == ByteString(entry.subject) {
      settled.insert(ByteString(entry.id))
    }
    let now = WallClock.now()
    let new = waiting.filter { !settled.contains($0.key) }.map { id, sender in
      ParkedInteraction(id: id.string, subject: sender.string, since: now)
    }
    try projections.park(new, deadline: deadline)
    return noted.map(\.id).filter { waiting[ByteString($0)] == nil }
  }
}
