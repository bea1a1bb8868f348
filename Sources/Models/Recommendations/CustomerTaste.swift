import Store

/// What one customer did or rated, as a model takes it in, and as reasons are made of it.
struct CustomerTaste: Sendable {
  /// One product that the customer has to do with.
  struct Interest: Sendable {
    let product: String
    /// Strength, or the rating.
    let strength: Double
    let deed: Deed
  }

  /// The most telling thing that the customer did with a product.
  enum Deed: Sendable {
    case viewed, putInCart, bought, rated

    /// Why the very product is recommended that the deed was done to. One that was bought is only shown when that is long enough ago, or
    /// when the caller asks for it.
    var reasonForItself: String {
      switch self {
      case .viewed: "because you viewed it"
      case .putInCart: "because you put it in the cart"
      case .bought: "you bought it before"
      case .rated: "because you rated it"
      }
    }

    /// Why something is recommended, with what the deed was done to.
    func reason(_ object: String) -> String {
      switch self {
      case .viewed: "because you viewed \(object)"
      case .putInCart: "because you put \(object) in the cart"
      case .bought: "because you bought \(object)"
      case .rated: "because you rated \(object)"
      }
    }
  }

  private(set) var interests: [Interest] = []
  /// Every product that the customer has to do with: where the model takes ratings in, those also that were only viewed or bought.
  private(set) var met: [String] = []
  /// Products bought since the moment that the question names; who has rated a product has had it.
  private(set) var purchased: Set<ByteString> = []

  /// From what the customer did. `latest` is the time to which ages are measured: that of the model's data, or of the customer's last
  /// event if that is later.
  init(_ history: ProductHistory, latest: Int64, purchasedSince: Int64?) {
    let reference = max(latest, history.latest ?? latest)
    interests = history.interests(at: reference).map { interest in
      let deed: Deed =
        switch interest.kind {
        case .view, .giveBack: .viewed
        case .addToCart: .putInCart
        case .purchase: .bought
        }
      return Interest(product: interest.product.string, strength: interest.strength, deed: deed)
    }
    met = interests.map(\.product)
    if let purchasedSince { purchased = history.purchased(since: purchasedSince) }
  }

  /// From ratings in the order of their times; the latest of each product counts. What was bought besides comes from `history`.
  init(ratings: [CustomerRating], history: ProductHistory? = nil, purchasedSince: Int64? = nil) {
    if let purchasedSince { purchased = history?.purchased(since: purchasedSince) ?? [] }
    var latest: [ByteString: Int] = [:]
    for rating in ratings {
      let key = ByteString(rating.productId)
      if let purchasedSince, rating.at ?? .max >= purchasedSince { purchased.insert(key) }
      let interest = Interest(product: rating.productId, strength: rating.rating, deed: .rated)
      if let index = latest[key] {
        interests[index] = interest
      } else {
        latest[key] = interests.count
        interests.append(interest)
      }
    }
    met = interests.map(\.product)
    if let history, let latest = history.latest { met += history.interests(at: latest).map(\.product.string) }
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
