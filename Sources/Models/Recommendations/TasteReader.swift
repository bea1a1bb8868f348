import BSON
import MongoDB
import Store

/// Reads what customers did, or rated, up to now: from rollups, or from ratings when the model learned from those.
struct TasteReader {
  let store: Store
  let limits: ModelLimits
  let pages: CustomerPages

  /// The tastes of customers, in their order.
  func tastes(
    of customers: [BSONDocument], model: FactorizationModel, purchasedSince: Int64?
  ) throws(ModelsError) -> [CustomerTaste] {
    let histories = try pages.rollups(of: customers).map(ProductHistory.init)
    guard model.isExplicit else {
      return histories.map {
        CustomerTaste($0, latest: model.latestSourceTime, purchasedSince: purchasedSince)
      }
    }
    return zip(try ratings(ofCustomers: customers), histories).map {
      CustomerTaste(ratings: $0, history: $1, purchasedSince: purchasedSince)
    }
  }

  /// The tastes of users whom ratings name but who are no customers: of all of them at once.
  func tastes(ofUsers userIds: [String]) throws(ModelsError) -> [CustomerTaste] {
    let ratings = try self.ratings(ofUsers: userIds)
    return userIds.map { CustomerTaste(ratings: ratings[ByteString($0)] ?? []) }
  }

  private func ratings(ofCustomers customers: [BSONDocument]) throws(ModelsError) -> [[CustomerRating]] {
    let users = customers.map { customer in
      (customer.array("subjects") ?? BSONArray()).compactMap { $0.stringValue.flatMap(Identifier.init(key:)) }
        .filter { $0.type == .user }.map(\.value)
    }
    let found = try ratings(ofUsers: users.flatMap { $0 })
    return users.map { ids in
      // Ratings of several accounts of one person count in the order of their times.
      ids.flatMap { found[ByteString($0)] ?? [] }.sorted {
        ($0.at ?? .min, $0.productId) < ($1.at ?? .min, $1.productId)
      }
    }
  }

  private func ratings(ofUsers userIds: [String]) throws(ModelsError) -> [ByteString: [CustomerRating]] {
    var found: [ByteString: [CustomerRating]] = [:]
    try reading { () throws(StoreError) in
      try store.forEachRating(ofUsers: userIds, deadline: .after(milliseconds: limits.jobStepTimeoutMs)) { document in
        guard let rating = CustomerRating(document) else { return }
        found[ByteString(rating.userId), default: []].append(rating)
      }
    }
    return found
  }
}

extension CustomerRating {
  /// Reads a stored rating; nil when it is deleted or lacks a part.
  init?(_ document: BSONDocument) {
    guard document.bool("deleted") != true, let userId = document.string("userId"),
      let productId = document.string("productId"), let rating = document.double("rating"), rating.isFinite
    else { return nil }
    let at = document.date("at") ?? document.date("updatedAt")
    self.init(userId: userId, productId: productId, rating: rating, at: at?.millisecondsSince1970)
  }
}
