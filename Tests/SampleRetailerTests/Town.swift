import FoundationEssentials
import SampleRetailer

/// A small town read back from the files as a stranger would read them.
struct Town {
  struct Customer: Decodable {
    struct Address: Decodable, Equatable { var street, city, region, postalCode, country: String }
    var source, sourceId, firstName, lastName: String
    var userId, anonymousId, email, phone, birthDate, loyaltyId: String?
    var address: Address?
    var consents: [String: Bool]
    var updatedAt: String
    var key: String { "\(source)/\(sourceId)" }
    var digits: String? { phone.map { String($0.filter(\.isNumber).suffix(10)) } }
  }
  struct Product: Decodable {
    var productId, productName, brand, category: String; var price: Double; var inStock: Bool
  }
  struct Order: Decodable {
    struct Item: Decodable { var productId: String; var price: Double; var quantity: Int }
    var orderId, type, channel, orderDate, currency: String
    var userId, loyaltyId, coupon, refersTo: String?
    var orderTotal: Double
    var lineItems: [Item]
  }
  struct Row {
    var id, name, productId, userId: String
    var attention, at, session: Int
    var price: Double?
    var quantity: Int?
    /// What the service regroups rows on.
    var event: String
  }
  struct Link { var person: String; var cases: [String] }
  struct Person { var id, userId, loyaltyId, tier, taste, firstName, lastName, email, phone: String }

  var customers: [Customer] = []
  var products: [Product] = []
  var orders: [Order] = []
  var rows: [Row] = []
  var eventCount = 0
  var ratings: [(user: String, product: String, stars: Int)] = []
  var links: [String: Link] = [:]
  var people: [Person] = []

  init(_ shop: SampleRetailer) throws {
    let json = JSONDecoder()
    customers = try Self.lines(.customers, shop).map { try json.decode(Customer.self, from: Data($0.utf8)) }
    products = try Self.lines(.products, shop).map { try json.decode(Product.self, from: Data($0.utf8)) }
    orders = try Self.lines(.orders, shop).map { try json.decode(Order.self, from: Data($0.utf8)) }
    for line in Self.lines(.events, shop).dropFirst() {
      let cell = Self.cells(line)
      rows.append(
        Row(
          id: cell[0], name: cell[6], productId: cell[10], userId: cell[14], attention: Int(cell[3]) ?? -1,
          at: Int(cell[7]) ?? -1, session: Int(cell[8]) ?? -1, price: Double(cell[9]), quantity: Int(cell[12]),
          event: [8, 5, 7, 6, 14, 13, 3].map { cell[$0] }.joined(separator: "|")))
    }
    eventCount = shop.write(.events) { (_) throws(Never) in }.items
    ratings = Self.lines(.ratings, shop).dropFirst().map { line in
      let cell = Self.cells(line)
      return (cell[0], cell[1], Int(cell[2]) ?? -1)
    }
    for line in Self.lines(.identityTruth, shop).dropFirst() {
      let cell = Self.cells(line)
      links["\(cell[0])/\(cell[1])"] = Link(person: cell[2], cases: cell[3].split(separator: " ").map(String.init))
    }
    people = Self.lines(.peopleTruth, shop).dropFirst().map { line in
      let cell = Self.cells(line)
      return Person(
        id: cell[0], userId: cell[1], loyaltyId: cell[2], tier: cell[3], taste: cell[4], firstName: cell[8],
        lastName: cell[9], email: cell[10], phone: cell[11])
    }
  }

  static func bytes(_ file: SampleFile, _ shop: SampleRetailer) -> [UInt8] {
    var bytes: [UInt8] = []
    shop.write(file) { (chunk) throws(Never) in bytes += chunk }
    return bytes
  }

  static func lines(_ file: SampleFile, _ shop: SampleRetailer) -> [String] {
    bytes(file, shop).split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The fields of a row; the generator writes no line ends within fields.
  private static func cells(_ line: String) -> [String] {
    var cells = [[UInt8]()]
    var isQuoted = false
    for byte in line.utf8 {
      if byte == UInt8(ascii: "\"") {
        // A doubled quote leaves the state as it was; one quote of the two is kept.
        if !isQuoted, cells[cells.count - 1].isEmpty == false { cells[cells.count - 1].append(byte) }
        isQuoted.toggle()
      } else if byte == UInt8(ascii: ","), !isQuoted {
        cells.append([])
      } else {
        cells[cells.count - 1].append(byte)
      }
    }
    return cells.map { String(decoding: $0, as: UTF8.self) }
  }
}
