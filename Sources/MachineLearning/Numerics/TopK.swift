/// The k best of many scores, exactly: a bounded heap with the worst on top. Equal scores go to the lower index.
struct TopK {
  let k: Int
  /// What a score must reach to matter.
  private(set) var threshold = -Float.infinity
  private var heap: [UInt64] = []

  init(_ k: Int) {
    self.k = k
    heap.reserveCapacity(k)
    if k <= 0 { threshold = .infinity }
  }

  /// One number that orders by score, of equal ones by index: the higher the better.
  private static func key(_ score: Float, _ index: Int32) -> UInt64 {
    // 0 + -0 is 0; a negative number's bits grow with its size.
    let bits = (score + 0).bitPattern
    let ordered = bits & 1 << 31 == 0 ? bits | 1 << 31 : ~bits
    return UInt64(ordered) << 32 | UInt64(~UInt32(bitPattern: index))
  }

  private static func score(_ key: UInt64) -> Float {
    let ordered = UInt32(key >> 32)
    return Float(bitPattern: ordered & 1 << 31 == 0 ? ~ordered : ordered & ~(1 << 31))
  }

  /// Takes a candidate.
  mutating func insert(_ score: Float, _ index: Int32) {
    guard k > 0, !score.isNaN else { return }
    let key = Self.key(score, index)
    if heap.count < k {
      var child = heap.count
      heap.append(key)
      while child > 0, heap[(child - 1) / 2] > key {
        heap[child] = heap[(child - 1) / 2]
        child = (child - 1) / 2
      }
      heap[child] = key
    } else {
      guard key > heap[0] else { return }
      var parent = 0
      while 2 * parent + 1 < k {
        var child = 2 * parent + 1
        if child + 1 < k, heap[child + 1] < heap[child] { child += 1 }
        guard heap[child] < key else { break }
        heap[parent] = heap[child]
        parent = child
      }
      heap[parent] = key
    }
    if heap.count == k { threshold = Self.score(heap[0]) }
  }

  /// Best first.
  var recommendations: [ImplicitModel.Recommendation] {
    heap.sorted(by: >).map { .init(item: Int(~UInt32(truncatingIfNeeded: $0)), score: Self.score($0)) }
  }
}
