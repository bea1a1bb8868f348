import BSON
import MongoDB

/// Where ids of customers lead that were made of an identifier which no source names any more.
///
/// As long as a source names the identifier, `identifiers` says where it stands now. An id that was given out must lead
/// somewhere for ever, so what would be lost with the identifier is noted here. Nothing but digests is in it.
public struct CustomerAliases: Sendable {
  let collection: MongoCollection

  /// Sets where ids lead.
  public func set(_ aliases: [(id: String, customerId: String)], deadline: Deadline) throws(StoreError) {
    guard !aliases.isEmpty else { return }
    _ = try storing { try collection.write(Self.statements(setting: aliases), deadline: deadline).confirmed() }
  }

  static func statements(setting aliases: [(id: String, customerId: String)]) -> [WriteStatement] {
    aliases.map { alias in
      WriteStatement.replace(
        filter: identity(alias.id),
        with: BSONDocument {
          $0.append("_id", alias.id)
          $0.append("customerId", alias.customerId)
        }, upsert: true)
    }
  }

  func customerIds(of ids: [String], deadline: Deadline) throws(StoreError) -> [ByteString: String] {
    var found: [ByteString: String] = [:]
    for chunk in ids.chunked(ProjectionCollections.namesPerQueryMax) {
      for document in try storing({ try collection.find(among("_id", chunk), deadline: deadline) }) {
        if let id = document.string("_id"), let customer = document.string("customerId") {
          found[ByteString(id)] = customer
        }
      }
    }
    return found
  }
}

extension Store {
  /// Merges that are followed from one old id at the most.
  static let aliasStepsMax = 32

  /// The customer to which an id leads that may have been given out before a merge. Nil when it never was one.
  public func currentCustomerId(for id: String, deadline: Deadline) throws(StoreError) -> String? {
    try currentCustomerIds(for: [id], deadline: deadline).first?.current
  }

  /// The customers to which ids lead that may have been given out before merges, by the id asked for. Ids that never were
  /// a customer's are left out.
  ///
  /// Each step follows all ids at once, so the number of queries depends on the merges behind an id and not on how many are
  /// asked for.
  public func currentCustomerIds(
    for ids: [String], deadline: Deadline
  ) throws(StoreError) -> [(asked: String, current: String)] {
    var found: [(asked: String, current: String)] = []
    var open = ids.map { (asked: $0, at: $0) }
    for _ in 0..<Self.aliasStepsMax where !open.isEmpty {
      var next = try projections.customerIds(anchoredAt: open.map(\.at), deadline: deadline)
      let lost = open.map(\.at).filter { next[ByteString($0)] == nil }
      next.merge(try aliases.customerIds(of: lost, deadline: deadline)) { known, _ in known }
      let there = try projections.existing(next.values.map { $0 }, deadline: deadline)
      var further: [(asked: String, at: String)] = []
      for entry in open {
        guard let target = next[ByteString(entry.at)] else { continue }
        if there.contains(ByteString(target)) {
          found.append((entry.asked, target))
        } else if target != entry.at {
          further.append((entry.asked, target))
        }
      }
      open = further
    }
    return found
  }
}
