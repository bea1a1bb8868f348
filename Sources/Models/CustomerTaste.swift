import Store

/// What one customer did or rated, as a model takes it in, and as reasons are made of it.
struct CustomerTaste: Sendable {
  /// One product that the customer has to do with.
  struct Interest: Sendable {
    let product: String
    /// Strength, or the rating.
    let strength: Double
    let verb: Verb
  }

  /// How a reason speaks of it.
  enum Verb: String, Sendable { case viewed, `put in the cart`, bought, rated }

  private(set) var interests: [Interest] = []
  /// Products bought since the moment that the question names; who has rated a product has had it.
  private(set) var purchased: Set<ByteString> = []

  /// From what the customer did. `latest` is the time to which ages are measured: that of the model's data, or of the customer's last
  /// event if that is later.
  init(_ history: ProductHistory, latest: Int64, purchasedSince: Int64?) {
    let reference = max(latest, history.latest ?? latest)
    interests = history.interests(at: reference).map { interest in
      let verb: Verb =
        switch interest.kind {
        case .view, .giveBack: .viewed
        case .addToCart: .`put in the cart`
        case .purchase: .bought
        }
      return Interest(product: interest.product.string, strength: interest.strength, verb: verb)
    }
    if let purchasedSince { purchased = history.purchased(since: purchasedSince) }
  }

  /// From ratings in the order of their times; the latest of each product counts. What was bought besides comes from `history`.
  init(ratings: [CustomerRating], history: ProductHistory? = nil, purchasedSince: Int64? = nil) {
    if let purchasedSince { purchased = history?.purchased(since: purchasedSince) ?? [] }
    var latest: [ByteString: Int] = [:]
    for rating in ratings {
      let key = ByteString(rating.productId)
      if let purchasedSince, rating.at ?? .max >= purchasedSince { purchased.insert(key) }
      let interest = Interest(product: rating.productId, strength: rating.rating, verb: .rated)
      if let index = latest[key] {
        interests[index] = interest
      } else {
        latest[key] = interests.count
        interests.append(interest)
      }
    }
  }
}

/// One rating, as the source said it.
struct CustomerRating: Sendable {
  let userId: String
  let productId: String
  let rating: Double
  /// Milliseconds since 1970; nil when the source gave no time.
  let at: Int64?
}
