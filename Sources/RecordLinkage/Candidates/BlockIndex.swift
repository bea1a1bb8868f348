/// Blocks of records that share a key, none larger than a bound, and the blocks of each record.
///
/// A group beyond the bound is divided by further keys instead of dropped, so common names cost no candidates that another
/// agreement supports (dynamic blocking: McNeill, Kardes, Borthwick 2012). Pairs are at most half the bound for each key of a record.
struct BlockIndex: Sendable {
  private(set) var members: [UInt32] = []
  private(set) var starts: [UInt32] = [0]
  private(set) var blocksOfRecord: [UInt32] = []
  private(set) var firstBlock: [UInt32] = []

  /// Blocks over all records of a table.
  init(_ table: RecordTable, recordsMax: Int) {
    let keys = BlockingKeys(table: table)
    var entries: [Entry] = []
    var found: [UInt64] = []
    for kind in 0..<BlockingKeys.kinds {
      entries.removeAll(keepingCapacity: true)
      for (record, row) in table.rows.enumerated() {
        found.removeAll(keepingCapacity: true)
        keys.append(kind: kind, of: row, to: &found)
        for key in found { entries.append(Entry(key: key, record: UInt32(record))) }
      }
      entries.sort()
      Self.forEachGroup(entries[...]) { group in
        if group.count <= recordsMax {
          appendBlock(group)
        } else {
          divide(group, keys, recordsMax)
        }
      }
    }
    indexByRecord(count: table.count)
  }

  private struct Entry: Comparable {
    var key: UInt64
    var record: UInt32
    static func < (a: Entry, b: Entry) -> Bool { a.key != b.key ? a.key < b.key : a.record < b.record }
  }

  private static func forEachGroup(_ entries: ArraySlice<Entry>, _ body: (ArraySlice<Entry>) -> Void) {
    var start = entries.startIndex
    while start < entries.endIndex {
      var end = start + 1
      while end < entries.endIndex, entries[end].key == entries[start].key { end += 1 }
      if end - start > 1 { body(entries[start..<end]) }
      start = end
    }
  }

  private mutating func divide(_ group: ArraySlice<Entry>, _ keys: BlockingKeys, _ recordsMax: Int) {
    for divider in 0..<BlockingKeys.dividers {
      var entries: [Entry] = []
      for entry in group {
        if let key = keys.divider(divider, of: keys.table.rows[Int(entry.record)]) {
          entries.append(Entry(key: key, record: entry.record))
        }
      }
      entries.sort()
      Self.forEachGroup(entries[...]) { if $0.count <= recordsMax { appendBlock($0) } }
    }
  }

  private mutating func appendBlock(_ group: ArraySlice<Entry>) {
    var last: UInt32?
    for entry in group where entry.record != last {
      members.append(entry.record)
      last = entry.record
    }
    starts.append(UInt32(members.count))
  }

  private mutating func indexByRecord(count: Int) {
    firstBlock = Array(repeating: 0, count: count + 1)
    for record in members { firstBlock[Int(record) + 1] += 1 }
    for record in 0..<count { firstBlock[record + 1] += firstBlock[record] }
    var next = firstBlock
    blocksOfRecord = Array(repeating: 0, count: members.count)
    for block in 0..<(starts.count - 1) {
      for position in Int(starts[block])..<Int(starts[block + 1]) {
        let record = Int(members[position])
        blocksOfRecord[Int(next[record])] = UInt32(block)
        next[record] += 1
      }
    }
  }

  /// The pairs of all blocks, those that stand in several counted each time.
  var pairsUpperBound: Int {
    (1..<starts.count).reduce(0) { sum, block in
      let size = Int(starts[block] - starts[block - 1])
      return sum + size * (size - 1) / 2
    }
  }

  /// Calls `body` with every candidate that stands after `record`, each once. `seen` has an element for each record, none equal
  /// to `record` + 1 before.
  @inline(__always)
  func forEachCandidate(of record: Int, seen: inout [UInt32], _ body: (Int) -> Void) {
    let stamp = UInt32(record) + 1
    for slot in Int(firstBlock[record])..<Int(firstBlock[record + 1]) {
      let block = Int(blocksOfRecord[slot])
      var position = Int(starts[block + 1])
      let start = Int(starts[block])
      while position > start {
        position -= 1
        let other = Int(members[position])
        if other <= record { break }
        if seen[other] != stamp {
          seen[other] = stamp
          body(other)
        }
      }
    }
  }
}
