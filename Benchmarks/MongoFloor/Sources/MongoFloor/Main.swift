import BSON
import CFloor
import MongoDB

/// One find by `_id` through `MongoCollection` beside the same find by libmongoc alone, on one private mongod, in turns, so
/// that both see the same machine: `swift run -c release --package-path Benchmarks/MongoFloor`.
@main
enum MongoFloor {
  static let documents = 1000
  static let finds = 300
  static let rounds = 100

  static func main() throws {
    let mongod = try PrivateMongod.start(dataFolder: "/tmp/customer360-floor", options: .init(cacheMegabytes: 256))
    defer { mongod.kill() }
    let database = try MongoDatabase(uri: mongod.uri, database: "floor")
    let customers = database.collection("customers")
    let deadline = Deadline.after(milliseconds: 600_000)
    try customers.drop(deadline: deadline)
    _ = try customers.insert((0..<documents).map(customer), deadline: deadline)

    var times: [String: [Double]] = [:]
    for _ in 0..<rounds {
      times["libmongoc", default: []].append(
        floor_find(mongod.uri, "floor", "customers", Int32(documents), Int32(finds)))
      times["findOne", default: []].append(
        try measure { id in
          _ = try customers.findOne(identity(id), deadline: .after(milliseconds: 8000))
        })
      var json: [UInt8] = []
      times["findOne to JSON", default: []].append(
        try measure { id in
          json.removeAll(keepingCapacity: true)
          _ = try customers.findOne(identity(id), deadline: .after(milliseconds: 8000)) { bytes in
            try JSONEncoding.append(document: bytes, to: &json)
          }
        })
    }
    let floor = quartile(times["libmongoc"] ?? [])
    for (name, values) in times.sorted(by: { $0.key > $1.key }) {
      let value = quartile(values)
      print("\(name): \(tenths(value / Double(finds) * 1e6)) µs, \(tenths(value / floor * 100)) % of libmongoc alone")
    }
  }

  static func identity(_ id: Int) -> BSONDocument { BSONDocument { $0.append("_id", id) } }

  static func measure(_ find: (Int) throws -> Void) rethrows -> Double {
    var state: UInt32 = 1
    func next() -> Int {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state % UInt32(documents))
    }
    for _ in 0..<100 { try find(next()) }
    let time = try ContinuousClock().measure { for _ in 0..<finds { try find(next()) } }
    return Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
  }

  /// The lower quartile: what a round takes while nobody else wants the machine.
  static func quartile(_ values: [Double]) -> Double { values.sorted()[values.count / 4] }

  static func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }

  /// About 2.5 KB, as a customer of the service.
  static func customer(_ id: Int) -> BSONDocument {
    BSONDocument { writer in
      writer.append("_id", id)
      writer.append("name", "Annemarie Müller-Lüdenscheidt")
      writer.append("totals") {
        $0.append("orders", 17)
        $0.append("revenue", 1834.55)
        $0.append("lastOrder", BSONDate(millisecondsSince1970: 1_712_345_678_901))
      }
      writer.append("recent") { recent in
        for number in 0..<20 {
          recent.append { (entry: inout BSONWriter) in
            entry.append("type", "page_view")
            entry.append("at", BSONDate(millisecondsSince1970: 1_712_000_000_000 + Int64(number) * 86_400_000))
            entry.append("url", "https://shop.example.org/products/\(id + number)?ref=mail")
          }
        }
      }
    }
  }
}
