/// The records that are to be matched, added one at a time. About 250 bytes a record stay in memory.
public struct RecordCorpus: Sendable {
  private(set) var table = RecordTable()
  private var originals = Originals()
  private var ids: [String] = []
  private let keepsOriginals: Bool

  /// An empty corpus. Golden records need the values as they were written, which take about 100 bytes a record more.
  public init(keepsOriginals: Bool = true) { self.keepsOriginals = keepsOriginals }

  /// The number of records.
  public var count: Int { ids.count }

  /// Adds a record. Its id must be new; this is not checked.
  public mutating func append(_ record: PersonRecord) {
    ids.append(record.id)
    table.append(record)
    if keepsOriginals { originals.append(record) }
  }

  /// Puts the records into the order of their ids, so that nothing depends on the order in which they came.
  consuming func settled() -> (table: RecordTable, originals: Originals, ids: [String]) {
    let order = ids.indices.sorted { ids[$0] < ids[$1] }
    table.settle(order: order)
    if keepsOriginals { originals.settle(order: order) }
    return (table, originals, order.map { ids[$0] })
  }
}
