import BSON
import Identity
import MongoDB
import Store

/// What customers would become if edges were added or taken away. Reads the present graph; writes nothing.
public struct IdentityPreview: Sendable {
  private let store: Store
  private let currency: String?
  private let rates: [String: Double]

  /// Previews with the money policy of the projector.
  public init(store: Store, currency: String? = nil, rates: [String: Double] = [:]) {
    self.store = store
    self.currency = currency
    self.rates = rates
  }

  /// Customers around some edges' ends.
  public struct Customers: Sendable {
    /// As the present graph makes them,
    public let allBefore: [BSONDocument]
    /// and as they would be.
    public let allAfter: [BSONDocument]

    /// Those that would change,
    public var before: [BSONDocument] {
      let others = Set(allAfter)
      return allBefore.filter { !others.contains($0) }
    }

    /// and what would become of them.
    public var after: [BSONDocument] {
      let others = Set(allBefore)
      return allAfter.filter { !others.contains($0) }
    }
  }

  /// The customers around the ends of the edges, before and after the change.
  public func customers(adding added: [Edge] = [], removing removed: [Edge] = [], deadline: Deadline) throws(StoreError)
    -> Customers
  {
    let pass = ProjectionPass(
      store: store, projections: store.projections,
      resolver: Resolver(rules: try store.currentIdentityRules(deadline: deadline)),
      money: try MoneyPolicy.decided(in: store, configured: currency, rates: rates, deadline: deadline),
      deadline: deadline)
    let ends = Set((added + removed).flatMap { [$0.a, $0.b] })
    let before = try pass.resolve(around: ends)
    let after = try pass.resolve(around: ends, adding: added, removing: Set(removed))
    return Customers(allBefore: before.customers, allAfter: after.customers)
  }
}
