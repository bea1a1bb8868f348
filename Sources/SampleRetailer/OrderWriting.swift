extension Neighbourhood {
  /// Appends everybody's orders as NDJSON. Returns how many they were.
  func appendOrders(
    _ activities: [Activity], catalogue: Catalogue, currency: String, to out: inout [UInt8]
  ) -> Int {
    var first = index * Self.ordersPerNeighbourhood
    for (person, activity) in zip(people, activities) {
      for (place, order) in activity.orders.enumerated() {
        append(order, id: first + place, firstId: first, person, catalogue, currency, to: &out)
      }
      first += activity.orders.count
    }
    return first - index * Self.ordersPerNeighbourhood
  }

  private static func orderId(_ number: Int) -> String { "O-\(Codes.padded(number + 1, 9))" }

  private func append(
    _ order: Order, id: Int, firstId: Int, _ person: Person, _ catalogue: Catalogue, _ currency: String,
    to out: inout [UInt8]
  ) {
    out.append("{")
    out.append(member: "orderId", Self.orderId(id))
    out.append(member: "type", order.kind.rawValue)
    out.append(member: "channel", order.isOnline ? "online" : "store")
    if order.byCard {
      out.append(member: "loyaltyId", person.loyaltyId)
    } else {
      out.append(member: "userId", person.userId)
    }
    out.append("\"orderDate\":\"")
    out.append(rfc3339: order.atMs)
    out.append("\",\"orderTotal\":")
    out.append(cents: order.totalCents)
    out.append(",")
    out.append(member: "currency", currency)
    out.append(member: "coupon", order.coupon?.code)
    if let purchase = order.refersTo { out.append(member: "refersTo", Self.orderId(firstId + purchase)) }
    out.append("\"lineItems\":[")
    for item in order.items {
      let product = catalogue.products[item.product]
      out.append("{")
      out.append(member: "productId", product.id)
      out.append(member: "productName", product.name)
      out.append(member: "brand", product.brand)
      out.append(member: "category", product.category)
      out.append("\"price\":")
      out.append(cents: product.priceCents)
      out.append(",\"quantity\":")
      out.append(decimal: item.quantity)
      out.append("},")
    }
    out.close(with: "]}\n")
  }
}

extension Product {
  /// The product as one line of NDJSON.
  func append(to out: inout [UInt8], currency: String) {
    out.append("{")
    out.append(member: "productId", id)
    out.append(member: "productName", name)
    out.append(member: "brand", brand)
    out.append(member: "category", category)
    out.append("\"price\":")
    out.append(cents: priceCents)
    out.append(",")
    out.append(member: "currency", currency)
    out.append("\"inStock\":\(inStock)}\n")
  }
}
