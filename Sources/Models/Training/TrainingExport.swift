import BSON
import MongoDB
import Store

/// What models are trained on, for training elsewhere: the very strengths and features that a training here would see.
public struct TrainingExport: Sendable {
  private let store: Store
  private let limits: ModelLimits

  /// The features of a customer: those of the contract.
  public static var features: [String] { FeatureReader.defaultNames }

  /// An export of what a store holds.
  public init(store: Store, limits: ModelLimits = ModelLimits()) {
    self.store = store
    self.limits = limits
  }

  /// Every pair of customer and product with its strength: `{customerId, productId, strength, at}`, customers in the order of ids, `at`
  /// the last thing done. Ages are measured to the latest source time of all data.
  public func forEachInteraction(_ body: (BSONDocument) throws -> Void) throws {
    guard let window = try LogReader(store: store, limits: limits).window() else { return }
    try forEachPage { page, pages in
      for (customer, rollups) in zip(page, try pages.rollups(of: page)) {
        let history = ProductHistory(rollups)
        var last: [ByteString: Int64] = [:]
        for entry in history.entries { last[entry.product] = max(last[entry.product] ?? entry.at, entry.at) }
        for interest in history.interests(at: window.latest) {
          try body(
            BSONDocument { writer in
              writer.append("customerId", customer.string("_id") ?? "")
              writer.append("productId", interest.product.string)
              writer.append("strength", interest.strength)
              if let at = last[interest.product] { writer.append("at", BSONDate(millisecondsSince1970: at)) }
            })
        }
      }
    }
  }

  /// Every customer with the features of the contract: `{customerId, session_count, …}`; a missing one is null.
  public func forEachCustomer(_ body: (BSONDocument) throws -> Void) throws {
    try forEachPage { page, _ in
      for customer in page {
        try body(
          BSONDocument { writer in
            writer.append("customerId", customer.string("_id") ?? "")
            for name in Self.features {
              if let value = FeatureReader.value(name, ofCustomer: customer) {
                writer.append(name, value)
              } else {
                writer.appendNull(name)
              }
            }
          })
      }
    }
  }

  private func forEachPage(_ body: ([BSONDocument], CustomerPages) throws -> Void) throws {
    let pages = CustomerPages(store: store, limits: limits, readsWhole: false)
    var failure: (any Error)?
    do throws(ModelsError) {
      try pages.forEachPage { page throws(ModelsError) in
        do {
          try body(page, pages)
        } catch let error as ModelsError {
          throw error
        } catch {
          failure = error
          throw .cancelled
        }
      }
    } catch {
      throw failure ?? error
    }
  }
}
