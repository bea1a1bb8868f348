/// Disjoint groups of the numbers below `count`, with the members of each at hand.
struct Groups {
  private var rootOf: [Int]
  private var membersOf: [[Int]]

  init(count: Int) {
    rootOf = Array(0..<count)
    membersOf = (0..<count).map { [$0] }
  }

  func root(of index: Int) -> Int { rootOf[index] }

  func areJoined(_ a: Int, _ b: Int) -> Bool { rootOf[a] == rootOf[b] }

  func members(of index: Int) -> [Int] { membersOf[rootOf[index]] }

  /// The lower root stays.
  mutating func join(_ a: Int, _ b: Int) {
    let (low, high) = (min(rootOf[a], rootOf[b]), max(rootOf[a], rootOf[b]))
    guard low != high else { return }
    let moved = membersOf[high]
    membersOf[high] = []
    for index in moved { rootOf[index] = low }
    membersOf[low] += moved
  }
}
