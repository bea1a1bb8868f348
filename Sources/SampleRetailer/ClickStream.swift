/// Writes the visits of one person as rows of the 16-column click-stream, one row for each item of an event.
struct ClickStream {
  static let header =
    "_id,brand,category,engagementTimeMsec,eventBundleSequenceId,eventDate,eventName,eventTimestamp,gaSessionId,price,"
    + "productId,productName,quantity,uniqueItems,userId,variant\n"
  /// Above what a neighbourhood can have: the stride between the row numbers of two neighbourhoods.
  static let rowsPerNeighbourhoodMax = 1 << 14

  private enum Step {
    case bare(StaticString)
    case item(StaticString, product: Int, quantity: Int?)
    case list([Int])
    case basket(StaticString, [LineItem])
  }

  private static let variants = ["black", "white", "blue", "green", "red", "S", "M", "L", "XL", "one size"]

  var catalogue: Catalogue
  var picker: ProductPicker
  var random: SeededGenerator
  /// Number of the next row in the whole town: rows get their `_id` from it.
  var nextRow: Int
  let idKey: UInt64
  private(set) var eventCount = 0
  private(set) var rowCount = 0

  init(_ catalogue: Catalogue, _ picker: ProductPicker, seed: UInt64, neighbourhood: Int) {
    self.catalogue = catalogue
    self.picker = picker
    random = SeededGenerator(seed: seed, .clicks, neighbourhood)
    nextRow = neighbourhood * Self.rowsPerNeighbourhoodMax
    idKey = mixed(seed &+ 400)
  }

  /// Appends all visits of a person who has an account.
  mutating func append(_ activity: Activity, of person: Person, to out: inout [UInt8]) {
    guard let userId = person.userId else { return }
    for session in activity.sessions {
      let order = session.order.map { activity.orders[$0] }
      let steps = steps(of: session, buying: order?.items, taste: person.taste)
      // Everything before the purchase happens within the delay, in even steps with some jitter.
      let gap = (order == nil ? min(45, 570 / steps.count) : 570 / steps.count) * 1_000_000
      for (place, step) in steps.enumerated() {
        var atUs = session.start * 1_000_000 + place * gap + random.below(gap / 2)
        if let order, place == steps.count - 1 { atUs = order.atMs * 1000 }
        let attention = activity.attentionMs * random.within(40...160) / 100
        append(step, atUs: atUs, attentionMs: attention, bundle: place + 1, session.start, userId, to: &out)
      }
    }
  }

  /// The events of a visit in order; a purchase comes last, with as much of its preparation as the visit has room for.
  private mutating func steps(of session: Session, buying items: [LineItem]?, taste: Taste) -> [Step] {
    var ending: [Step] = []
    if let items {
      ending = [.basket("purchase", items)]
      if session.eventCount >= 3 { ending.insert(.basket("begin_checkout", items), at: 0) }
      for item in items where ending.count + 2 < session.eventCount {
        ending.insert(.item("add_to_cart", product: item.product, quantity: item.quantity), at: 0)
        ending.insert(.item("view_item", product: item.product, quantity: nil), at: 0)
      }
    }
    var steps: [Step] = []
    let free = session.eventCount - ending.count
    var seen = picker.pick(taste, using: &random)
    while steps.count < free {
      if steps.isEmpty {
        steps.append(.bare("session_start"))
        continue
      }
      switch random.below(20) {
      case 0...2: steps.append(.bare("page_view"))
      case 3: steps.append(.bare(random.chance(50) ? "search" : "scroll"))
      case 4: steps.append(.list((0..<3).map { _ in picker.pickForAnybody(using: &random) }))
      case 5...6: steps.append(.item("add_to_cart", product: seen, quantity: 1))
      case 7 where random.chance(40): steps.append(.item("remove_from_cart", product: seen, quantity: 1))
      default:
        seen = picker.pick(taste, using: &random)
        steps.append(.item("view_item", product: seen, quantity: nil))
      }
    }
    return steps + ending
  }

  private mutating func append(
    _ step: Step, atUs: Int, attentionMs: Int, bundle: Int, _ session: Int, _ userId: String, to out: inout [UInt8]
  ) {
    eventCount += 1
    func row(_ name: StaticString, _ product: Int?, _ quantity: Int?, unique: Int) {
      let id = mixed(UInt64(nextRow) ^ idKey)
      nextRow += 1
      rowCount += 1
      out.append(hex: UInt64(session), digits: 8)
      out.append(hex: id, digits: 16)
      out.append(UInt8(ascii: ","))
      if let product { out.append(contentsOf: catalogue.products[product].brandAndCategory) } else { out.append(",") }
      out.append(UInt8(ascii: ","))
      out.append(decimal: attentionMs)
      out.append(UInt8(ascii: ","))
      out.append(decimal: bundle)
      out.append(UInt8(ascii: ","))
      out.append(day: atUs / 1_000_000 / Instants.secondsPerDay)
      out.append(UInt8(ascii: ","))
      name.withUTF8Buffer { unsafe out.append(contentsOf: $0) }
      out.append(UInt8(ascii: ","))
      out.append(decimal: atUs)
      out.append(UInt8(ascii: ","))
      out.append(decimal: session)
      out.append(UInt8(ascii: ","))
      if let product { out.append(contentsOf: catalogue.products[product].priceToName) } else { out.append(",,") }
      out.append(UInt8(ascii: ","))
      if let quantity { out.append(decimal: quantity) }
      out.append(UInt8(ascii: ","))
      if unique > 0 { out.append(decimal: unique) }
      out.append(UInt8(ascii: ","))
      out.append(userId)
      out.append(UInt8(ascii: ","))
      if product != nil { out.append(Self.variants[Int(id % UInt64(Self.variants.count))]) }
      out.append(UInt8(ascii: "\n"))
    }
    switch step {
    case .bare(let name): row(name, nil, nil, unique: 0)
    case .item(let name, let product, let quantity): row(name, product, quantity, unique: 1)
    case .list(let products):
      for product in products { row("view_item_list", product, nil, unique: Set(products).count) }
    case .basket(let name, let items): for item in items { row(name, item.product, item.quantity, unique: items.count) }
    }
  }
}

extension [UInt8] {
  /// The low digits of a number in base 16, small letters.
  fileprivate mutating func append(hex number: UInt64, digits: Int) {
    for place in stride(from: (digits - 1) * 4, through: 0, by: -4) {
      let digit = UInt8(truncatingIfNeeded: number >> UInt64(place) & 15)
      append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}
