extension Neighbourhood {
  /// Fills the purchases by taste, each so that the average stays at what the person usually spends.
  static func fillBaskets(
    of person: Person, in activity: inout Activity, catalogue: Catalogue, picker: ProductPicker,
    using random: inout SeededGenerator
  ) {
    let usual = person.tier.basketCents + random.bell() * 600
    var spent = 0
    for place in activity.orders.indices {
      let even = usual * Double(place + 1) - Double(spent)
      let wanted = min(max(even, usual * 0.5), usual * 1.6) * Double(random.within(85...115)) / 100
      let coupon = random.chance(12) ? random.pick(Coupon.all) : nil
      let worth = Int(wanted) * 100 / (100 - (coupon?.percent ?? 0))
      let items = basket(worth: worth, person.taste, catalogue, picker, using: &random)
      let full = items.reduce(0) { $0 + catalogue.products[$1.product].priceCents * $1.quantity }
      activity.orders[place].items = items
      activity.orders[place].coupon = coupon
      activity.orders[place].totalCents = Coupon.reduced(full, by: coupon)
      spent += activity.orders[place].totalCents
    }
  }

  /// One to five articles, drawn by taste, that together cost about `worth` cents.
  private static func basket(
    worth: Int, _ taste: Taste, _ catalogue: Catalogue, _ picker: ProductPicker, using random: inout SeededGenerator
  ) -> [LineItem] {
    var items: [LineItem] = []
    var left = worth
    var cheapest = picker.pick(taste, using: &random)
    for _ in 0..<16 where items.count < 5 && left > worth / 8 {
      let product = picker.pick(taste, using: &random)
      let price = catalogue.products[product].priceCents
      if price < catalogue.products[cheapest].priceCents { cheapest = product }
      guard price <= left + worth / 10, !items.contains(where: { $0.product == product }) else { continue }
      let quantity = min(max(1, left / price), 1 + random.below(3))
      items.append(LineItem(product: product, quantity: quantity))
      left -= price * quantity
    }
    return items.isEmpty ? [LineItem(product: cheapest, quantity: 1)] : items
  }

  /// Adds `count` returns and refunds, each of another purchase of the neighbourhood, at the end of its person's orders.
  static func giveBack(
    _ count: Int, in activities: inout [Activity], today: Int, catalogue: Catalogue, using random: inout SeededGenerator
  ) {
    var purchases: [(person: Int, order: Int)] = []
    for (person, activity) in activities.enumerated() {
      purchases += activity.orders.indices.map { (person, $0) }
    }
    var left = count
    for place in random.permutation(purchases.count) where left > 0 {
      let (person, number) = purchases[place]
      let purchase = activities[person].orders[number]
      let at = purchase.atMs + random.within(2...20) * Instants.secondsPerDay * 1000 + random.below(3_600_000)
      guard at < today * Instants.secondsPerDay * 1000 else { continue }
      var order = purchase
      order.kind = random.chance(60) ? .return : .refund
      order.atMs = at
      order.refersTo = number
      if order.kind == .return {
        // One article goes back, all pieces of it.
        order.items = [random.pick(purchase.items)]
      }
      let full = order.items.reduce(0) { $0 + catalogue.products[$1.product].priceCents * $1.quantity }
      order.totalCents = Coupon.reduced(full, by: purchase.coupon)
      order.coupon = nil
      activities[person].orders.append(order)
      left -= 1
    }
  }
}
