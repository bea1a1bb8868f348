import Testing

import SampleRetailer

/// Twenty neighbourhoods, read once.
private let town = Result { try Town(SampleRetailer(scale: 0.2)) }

/// What the planted structure promises to the models that are trained on it.
struct ModelTests {
  /// The four features of each account, standardized, by the definitions of the customer document.
  private func features(of town: Town) -> (accounts: [String], rows: [[Double]]) {
    let owner = Dictionary(town.people.map { ($0.loyaltyId, $0.userId) }, uniquingKeysWith: { first, _ in first })
    var sessions: [String: Set<Int>] = [:]
    var attention: [String: Int] = [:]
    var events: Set<String> = []
    for row in town.rows where events.insert(row.event).inserted {
      sessions[row.userId, default: []].insert(row.session)
      attention[row.userId, default: 0] += row.attention
    }
    var purchases: [String: Double] = [:]
    var money: [String: Double] = [:]
    for order in town.orders {
      guard let account = order.userId ?? order.loyaltyId.flatMap({ owner[$0] }) else { continue }
      purchases[account, default: 0] += order.type == "purchase" ? 1 : 0
      money[account, default: 0] += order.type == "purchase" ? order.orderTotal : -order.orderTotal
    }
    let accounts = town.people.map(\.userId).filter { !$0.isEmpty }
    var rows = accounts.map { account in
      let count = purchases[account] ?? 0
      return [
        Double(sessions[account]?.count ?? 0), Double(attention[account] ?? 0),
        count == 0 ? 0 : (money[account] ?? 0) / count, count,
      ]
    }
    for column in 0..<4 {
      let mean = rows.reduce(0) { $0 + $1[column] } / Double(rows.count)
      let spread = (rows.reduce(0) { $0 + ($1[column] - mean) * ($1[column] - mean) } / Double(rows.count)).squareRoot()
      for row in rows.indices { rows[row][column] = (rows[row][column] - mean) / spread }
    }
    return (accounts, rows)
  }

  @Test func `four clusters of the features are the four tiers`() throws {
    let town = try town.get()
    let (accounts, rows) = features(of: town)
    let tier = Dictionary(town.people.map { ($0.userId, $0.tier) }, uniquingKeysWith: { first, _ in first })
    let labels = clusters(of: rows, 4)
    #expect(adjustedRandIndex(labels, accounts.map { tier[$0] ?? "" }) >= 0.95)
  }

  @Test func `the tiers differ in each of the four features`() throws {
    let town = try town.get()
    let (accounts, rows) = features(of: town)
    let tier = Dictionary(town.people.map { ($0.userId, $0.tier) }, uniquingKeysWith: { first, _ in first })
    for column in 0..<4 {
      let means = ["Platinum", "Gold", "Silver", "Bronze"].map { name in
        let values = zip(accounts, rows).filter { tier[$0.0] == name }.map { $0.1[column] }
        return values.reduce(0, +) / Double(values.count)
      }
      for (higher, lower) in zip(means, means.dropFirst()) { #expect(higher - lower > 0.5) }
    }
  }

  @Test func `what people of one's taste buy says far more than what everybody buys`() throws {
    let town = try town.get()
    let owner = Dictionary(town.people.map { ($0.loyaltyId, $0.userId) }, uniquingKeysWith: { first, _ in first })
    let taste = Dictionary(town.people.map { ($0.userId, $0.taste) }, uniquingKeysWith: { first, _ in first })
    var bought: [(taste: String, product: String)] = []
    for order in town.orders where order.type == "purchase" {
      let account = order.userId ?? order.loyaltyId.flatMap { owner[$0] } ?? ""
      guard let group = taste[account] else { continue }
      bought += order.lineItems.map { (group, $0.productId) }
    }
    func top(_ products: [String]) -> Set<String> {
      let counts = Dictionary(grouping: products, by: { $0 }).mapValues(\.count)
      return Set(counts.sorted { ($0.value, $0.key) > ($1.value, $1.key) }.prefix(10).map(\.key))
    }
    let everybody = top(bought.map(\.product))
    let byTaste = Dictionary(grouping: bought, by: \.taste).mapValues { top($0.map(\.product)) }
    let popularHits = bought.count { everybody.contains($0.product) }
    let tasteHits = bought.count { byTaste[$0.taste]?.contains($0.product) == true }
    #expect(tasteHits > 4 * popularHits)
  }

  @Test func `people rate what their taste loves two stars higher`() throws {
    let town = try town.get()
    let taste = Dictionary(town.people.map { ($0.userId, $0.taste) }, uniquingKeysWith: { first, _ in first })
    var sums: [String: [String: (stars: Int, count: Int)]] = [:]
    for rating in town.ratings {
      guard let group = taste[rating.user] else { continue }
      sums[rating.product, default: [:]][group, default: (0, 0)].stars += rating.stars
      sums[rating.product, default: [:]][group, default: (0, 0)].count += 1
    }
    var gaps: [Double] = []
    for groups in sums.values {
      let means = groups.values.filter { $0.count >= 3 }.map { Double($0.stars) / Double($0.count) }
      if let best = means.max(), let worst = means.min(), means.count >= 4 { gaps.append(best - worst) }
    }
    #expect(gaps.count > 20)
    #expect(gaps.reduce(0, +) / Double(gaps.count) > 1.5)
  }

  /// Lloyd's iterations from centroids that lie far apart (Gonzalez, 1985).
  private func clusters(of rows: [[Double]], _ k: Int) -> [Int] {
    func distance(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
    var centroids = [rows[0]]
    while centroids.count < k {
      let farthest = rows.max { a, b in
        centroids.reduce(.infinity) { min($0, distance(a, $1)) }
          < centroids.reduce(.infinity) { min($0, distance(b, $1)) }
      }
      centroids.append(farthest ?? rows[0])
    }
    var labels: [Int] = []
    for _ in 0..<20 {
      labels = rows.map { row in
        centroids.indices.min { distance(row, centroids[$0]) < distance(row, centroids[$1]) } ?? 0
      }
      for cluster in 0..<k {
        let members = zip(rows, labels).filter { $0.1 == cluster }.map(\.0)
        guard !members.isEmpty else { continue }
        centroids[cluster] = (0..<4).map { column in members.reduce(0) { $0 + $1[column] } / Double(members.count) }
      }
    }
    return labels
  }

  /// Hubert and Arabie, "Comparing partitions" (1985), equation 5.
  private func adjustedRandIndex(_ a: [Int], _ b: [String]) -> Double {
    func pairs(_ counts: [Int]) -> Double { counts.reduce(0) { $0 + Double($1 * ($1 - 1)) / 2 } }
    let both = pairs(Dictionary(grouping: zip(a, b), by: { "\($0.0) \($0.1)" }).values.map(\.count))
    let left = pairs(Dictionary(grouping: a, by: { $0 }).values.map(\.count))
    let right = pairs(Dictionary(grouping: b, by: { $0 }).values.map(\.count))
    let expected = left * right / pairs([a.count])
    return (both - expected) / ((left + right) / 2 - expected)
  }
}
