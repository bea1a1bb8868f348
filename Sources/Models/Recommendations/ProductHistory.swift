import BSON
import Store

/// What one customer did with products, from all rollups of all its identifiers, each purchase counted once.
///
/// A purchase event and its order are one purchase, and the order wins: an event that names an order which is known says
/// nothing more, and one that names none is dropped when an order of the same product lies within a day of it. The same holds
/// for events of returns.
struct ProductHistory {
  /// One thing that happened.
  struct Entry {
    let product: ByteString
    let kind: ImplicitStrength.Kind
    let quantity: Double
    /// Source time, in milliseconds since 1970. Of an event the latest time that its rollup knows.
    let at: Int64
    /// Days since 1970, UTC.
    let day: Int
    /// Whether an order says so, not an event.
    let isOrdered: Bool
  }

  /// In the order of the rollups, which is that of subject and day: the same sources give the same order.
  let entries: [Entry]
  /// Latest source time, in milliseconds since 1970; nil when nothing happened.
  let latest: Int64?

  init(_ rollups: [Rollup]) {
    var knownOrders: Set<ByteString> = []
    var linesBought: Set<ProductDay> = []
    var linesReturned: Set<ProductDay> = []
    for rollup in rollups {
      for order in rollup.orders {
        knownOrders.insert(ByteString(order.orderId))
        let day = Self.day(of: order.at)
        for line in order.lines {
          let key = ProductDay(product: ByteString(line.productId), day: day)
          if order.type == .purchase { linesBought.insert(key) } else { linesReturned.insert(key) }
        }
      }
    }
    var entries: [Entry] = []
    var latest: Int64?
    for rollup in rollups {
      let at = rollup.lastAt.millisecondsSince1970
      latest = max(latest ?? at, at)
      let day = UTCDay.daysSince1970(of: rollup.day)
      for activity in rollup.products {
        let product = ByteString(activity.productId)
        func add(_ kind: ImplicitStrength.Kind, _ quantity: Double) {
          guard quantity > 0 else { return }
          entries.append(
            Entry(product: product, kind: kind, quantity: quantity, at: at, day: day, isOrdered: false))
        }
        let here = ProductDay(product: product, day: day)
        add(.view, activity.viewed)
        add(.addToCart, activity.addedToCart)
        if !here.isWithinADay(ofAny: linesBought) { add(.purchase, activity.purchased) }
        if !here.isWithinADay(ofAny: linesReturned) { add(.giveBack, activity.returned) }
        for named in activity.purchasedInOrders where !knownOrders.contains(ByteString(named.orderId)) {
          add(.purchase, named.quantity)
        }
      }
      for order in rollup.orders {
        for line in order.lines where line.quantity > 0 {
          entries.append(
            Entry(
              product: ByteString(line.productId), kind: order.type == .purchase ? .purchase : .giveBack,
              quantity: line.quantity, at: order.at.millisecondsSince1970, day: Self.day(of: order.at), isOrdered: true)
          )
        }
      }
    }
    self.entries = entries
    self.latest = latest
  }

  private struct ProductDay: Hashable {
    let product: ByteString
    let day: Int

    func isWithinADay(ofAny lines: Set<ProductDay>) -> Bool {
      !lines.isEmpty && (day - 1...day + 1).contains { lines.contains(ProductDay(product: product, day: $0)) }
    }
  }

  private static func day(of date: BSONDate) -> Int {
    Int((Double(date.millisecondsSince1970) / Double(UTCDay.milliseconds)).rounded(.down))
  }
}

extension ProductHistory {
  /// A product with its strength and the most telling thing that was done with it.
  struct Interest {
    let product: ByteString
    let strength: Double
    let kind: ImplicitStrength.Kind
  }

  /// The products whose strength is above 0, measured to `reference` (milliseconds since 1970), in the order in which they first
  /// occur; only what happened on the given days counts.
  func interests(
    at reference: Int64, from firstDay: Int = .min, through lastDay: Int = .max
  ) -> [Interest] {
    var indexes: [ByteString: Int] = [:]
    var sums: [(product: ByteString, sum: Double, kind: ImplicitStrength.Kind)] = []
    for entry in entries where entry.day >= firstDay && entry.day <= lastDay {
      let term = ImplicitStrength.term(entry.kind, quantity: entry.quantity, ageMs: reference - entry.at)
      if let index = indexes[entry.product] {
        sums[index].sum += term
        if entry.kind != .giveBack { sums[index].kind = max(sums[index].kind, entry.kind) }
      } else {
        indexes[entry.product] = sums.count
        sums.append((entry.product, term, entry.kind == .giveBack ? .view : entry.kind))
      }
    }
    return sums.compactMap { entry in
      let strength = ImplicitStrength.strength(ofSum: entry.sum)
      return strength > 0 ? Interest(product: entry.product, strength: strength, kind: entry.kind) : nil
    }
  }

  /// The products that were bought at `time` (milliseconds since 1970) or later, also those that were given back.
  func purchased(since time: Int64) -> Set<ByteString> {
    Set(entries.lazy.filter { $0.kind == .purchase && $0.at >= time }.map(\.product))
  }
}
