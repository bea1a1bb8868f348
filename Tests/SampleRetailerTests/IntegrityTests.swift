import Testing

@testable import SampleRetailer

/// Twenty neighbourhoods, read once.
private let town = Result { try Town(SampleRetailer(scale: 0.2)) }

struct IntegrityTests {
  @Test func `every identifier is its owner's alone`() throws {
    let town = try town.get()
    #expect(Set(town.customers.map(\.key)).count == town.customers.count)
    #expect(
      Set(town.customers.filter { $0.source == "web" }.compactMap(\.userId)).count == town.people.count * 9 / 10 + 5)
    #expect(Set(town.products.map(\.productId)).count == 400)
    #expect(Set(town.products.map { "\($0.brand) \($0.productName)" }).count == 400)
    #expect(Set(town.orders.map(\.orderId)).count == town.orders.count)
    #expect(Set(town.rows.map(\.id)).count == town.rows.count)
    #expect(Set(town.people.map(\.email)).count == town.people.count)
  }

  @Test func `the truth names a person for every record and knows nobody else`() throws {
    let town = try town.get()
    let people = Set(town.people.map(\.id))
    #expect(Set(town.links.keys) == Set(town.customers.map(\.key)))
    #expect(Set(town.links.values.map(\.person)).subtracting(["TEST"]) == people)
    let known = Set(PlantedCase.allCases.map(\.rawValue))
    #expect(town.links.values.allSatisfy { known.isSuperset(of: $0.cases) })
  }

  @Test func `the truth's web account is the one on the person's web record`() throws {
    let town = try town.get()
    var account: [String: String] = [:]
    for record in town.customers where record.source == "web" {
      account[try #require(town.links[record.key]).person] = record.userId
    }
    for person in town.people { #expect(account[person.id] ?? "" == person.userId) }
    #expect(town.people.count { $0.userId.isEmpty } == town.people.count / 10)
  }

  @Test func `orders name a known person, known products and add up`() throws {
    let town = try town.get()
    let accounts = Set(town.customers.compactMap(\.userId))
    let cards = Set(town.customers.compactMap(\.loyaltyId))
    let price = Dictionary(uniqueKeysWithValues: town.products.map { ($0.productId, $0.price) })
    let percent = ["WELCOME10": 10, "SPRING15": 15, "VIP20": 20]
    for order in town.orders {
      #expect(order.userId.map(accounts.contains) ?? order.loyaltyId.map(cards.contains) ?? false)
      #expect(order.lineItems.allSatisfy { price[$0.productId] == $0.price && $0.quantity > 0 })
      #expect(order.currency == "USD" && !order.lineItems.isEmpty)
      guard order.type == "purchase" else { continue }
      let full = order.lineItems.reduce(0) { $0 + Int(($1.price * 100).rounded()) * $1.quantity }
      let off = full * (order.coupon.flatMap { percent[$0] } ?? 0) / 100
      #expect(Int((order.orderTotal * 100).rounded()) == full - off)
    }
    #expect(town.orders.contains { $0.coupon != nil })
  }

  @Test func `returns and refunds follow a purchase of the same person and give back no more than it cost`() throws {
    let town = try town.get()
    let purchases = Dictionary(
      uniqueKeysWithValues: town.orders.filter { $0.type == "purchase" }.map { ($0.orderId, $0) })
    let back = town.orders.filter { $0.type != "purchase" }
    #expect(back.count == town.orders.count / 10)
    #expect(Set(back.map(\.type)) == ["return", "refund"])
    #expect(Set(back.compactMap(\.refersTo)).count == back.count)
    for order in back {
      let purchase = try #require(order.refersTo.flatMap { purchases[$0] })
      #expect(purchase.orderDate < order.orderDate)
      #expect(order.orderTotal > 0 && order.orderTotal <= purchase.orderTotal)
      #expect(purchase.userId == order.userId && purchase.loyaltyId == order.loyaltyId)
    }
  }

  @Test func `rows regroup into exactly the events that were counted`() throws {
    let town = try town.get()
    #expect(town.eventCount == 30_000)
    #expect(Set(town.rows.map(\.event)).count == 30_000)
  }

  @Test func `every online order is a purchase event with the same instant, person and articles`() throws {
    let town = try town.get()
    var purchases: [String: [String]] = [:]
    for row in town.rows where row.name == "purchase" {
      var instant: [UInt8] = []
      instant.append(rfc3339: row.at / 1000)
      let key = "\(row.userId) \(String(decoding: instant, as: UTF8.self))"
      purchases[key, default: []].append("\(row.productId) \(row.price ?? -1) \(row.quantity ?? -1)")
    }
    let online = town.orders.filter { $0.type == "purchase" && $0.channel == "online" }
    #expect(online.count == purchases.count)
    for order in online {
      let items = order.lineItems.map { "\($0.productId) \($0.price) \($0.quantity)" }
      #expect(purchases["\(order.userId ?? "") \(order.orderDate)"] == items)
    }
  }

  @Test func `events and ratings come from known accounts and name known products`() throws {
    let town = try town.get()
    let accounts = Set(town.people.map(\.userId))
    let products = Set(town.products.map(\.productId)).union([""])
    #expect(town.rows.allSatisfy { accounts.contains($0.userId) && products.contains($0.productId) })
    #expect(town.rows.allSatisfy { $0.attention > 0 && $0.at / 1_000_000 < 1_793_491_200 })
    #expect(town.ratings.allSatisfy { accounts.contains($0.user) && products.contains($0.product) })
    #expect(town.ratings.allSatisfy { (1...5).contains($0.stars) })
    #expect(Set(town.ratings.map { "\($0.user) \($0.product)" }).count == town.ratings.count)
  }
}

struct PlantedCaseTests {
  @Test(arguments: PlantedCase.allCases) func `each case is planted`(planted: PlantedCase) throws {
    let town = try town.get()
    #expect(town.links.values.count { $0.cases.contains(planted.rawValue) } >= 5)
  }

  @Test func `a shared telephone is several people's of one household`() throws {
    let town = try town.get()
    let sharing = town.customers.filter { town.links[$0.key]?.cases.contains("sharedPhone") == true }
    let people = Dictionary(grouping: sharing, by: \.digits).mapValues { records in
      Set(records.compactMap { town.links[$0.key]?.person }).count
    }
    #expect(people.values.allSatisfy { $0 >= 2 })
  }

  @Test func `a recycled number stands on two people's records, on the newer one rightly`() throws {
    let town = try town.get()
    let records = Dictionary(
      grouping: town.customers.filter { town.links[$0.key]?.cases.contains("recycledNumber") == true }, by: \.digits)
    for (digits, pair) in records {
      let sorted = pair.sorted { $0.updatedAt < $1.updatedAt }
      #expect(sorted.map(\.source) == ["crm", "web"])
      let holder = try #require(town.people.first { $0.id == town.links[sorted[1].key]?.person })
      #expect(holder.phone.hasSuffix(try #require(digits)))
      #expect(town.links[sorted[0].key]?.person != holder.id)
    }
  }

  @Test func `whoever married has the new name on the newest record only`() throws {
    let town = try town.get()
    let records = Dictionary(grouping: town.customers) { town.links[$0.key]?.person }
    for person in town.people {
      let own = (records[person.id] ?? []).sorted { $0.updatedAt < $1.updatedAt }
      guard own.contains(where: { town.links[$0.key]?.cases == ["married"] }) else { continue }
      #expect(own.last?.lastName == person.lastName)
      #expect(own.dropLast().allSatisfy { $0.lastName != person.lastName })
      #expect(Set(own.compactMap(\.digits)).count == 1)
    }
  }

  @Test func `a record without an identifier shares name, birth date and home with the web record`() throws {
    let town = try town.get()
    for record in town.customers where town.links[record.key]?.cases.contains("noIdentifier") == true {
      #expect(record.email == nil && record.phone == nil && record.loyaltyId == nil && record.userId == nil)
      let person = town.links[record.key]?.person
      let web = try #require(town.customers.first { $0.source == "web" && town.links[$0.key]?.person == person })
      #expect(web.birthDate == record.birthDate && web.lastName == record.lastName)
      #expect(web.address?.postalCode == record.address?.postalCode)
    }
  }

  @Test func `father and son differ in birth date only`() throws {
    let town = try town.get()
    let records = town.customers.filter {
      $0.source == "loyalty" && town.links[$0.key]?.cases.contains("namesake") == true
    }
    for pair in Dictionary(grouping: records, by: { $0.address?.street ?? "" }).values {
      #expect(pair.count == 2 && Set(pair.map(\.firstName)).count == 1 && Set(pair.map(\.lastName)).count == 1)
      #expect(Set(pair.map(\.birthDate)).count == 2)
      #expect(Set(pair.map { town.links[$0.key]?.person }).count == 2)
    }
  }

  @Test func `telephone numbers are distinct and fictional up to scale fifty`() {
    var seen: Set<Int> = []
    for index in 0..<75_000 {
      let number = PhoneNumber(index: index, seed: 360)
      #expect((100...199).contains(number.line) && number.area % 100 != 11 && (200...999).contains(number.area))
      seen.insert(number.area * 10_000 + number.line)
    }
    #expect(seen.count == 75_000)
  }
}
