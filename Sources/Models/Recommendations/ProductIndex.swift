import Store

/// Numbers products in the order in which they are first met.
struct ProductIndex: Sendable {
  private(set) var ids: [String] = []
  private var indexes: [ByteString: Int32] = [:]

  init() {}

  init(_ ids: [String]) {
    self.ids = ids
    for (index, id) in ids.enumerated() { indexes[ByteString(id)] = Int32(index) }
  }

  /// The number of a product that has one.
  func index(of id: ByteString) -> Int32? { indexes[id] }

  /// The number of a product; it gets one when it has none.
  mutating func insert(_ id: ByteString) -> Int32 {
    if let index = indexes[id] { return index }
    let index = Int32(ids.count)
    indexes[id] = index
    ids.append(id.string)
    return index
  }
}
