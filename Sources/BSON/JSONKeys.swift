/// The keys of the objects that are open, to refuse a second of the same name in linear time. Few keys are compared one
/// by one; from the thirteenth on an object has a hash table, seeded per process so that no sender can aim at it.
struct JSONKeys: ~Copyable {
  /// Where an object's keys begin in `entries`, and which table is its own.
  struct Object {
    let first: Int
    let table: Int
  }

  private struct Entry {
    /// Up to eight bytes of the key, the missing ones zero.
    let prefix: UInt64
    let start: Int
    let count: Int
  }

  private var entries: [Entry] = []
  private var tables: [[Int]] = []
  private var depth = 0

  mutating func open() -> Object {
    let object = Object(first: entries.count, table: depth)
    depth += 1
    return object
  }

  mutating func close(_ object: Object) {
    entries.removeSubrange(object.first...)
    depth -= 1
    if object.table < tables.count { tables[object.table] = [] }
  }

  /// Adds the key at `start` of `out`; false when the object has it already.
  @inline(__always)
  mutating func insert(keyAt start: Int, count: Int, of out: borrowing ByteBuffer, into object: Object) -> Bool {
    let word = out.word(at: start)
    let entry = Entry(prefix: count >= 8 ? word : word & ((1 << UInt64(8 * count)) - 1), start: start, count: count)
    if entries.count - object.first < linearMax {
      for index in object.first..<entries.count where same(entries[index], entry, out) { return false }
      entries.append(entry)
      return true
    }
    return insertIntoTable(entry, of: out, object)
  }

  private mutating func insertIntoTable(_ entry: Entry, of out: borrowing ByteBuffer, _ object: Object) -> Bool {
    while tables.count <= object.table { tables.append([]) }
    let used = entries.count - object.first
    // At most half full; slots hold an entry's index plus one, zero is free.
    if tables[object.table].count < 2 * (used + 1) {
      tables[object.table] = [Int](repeating: 0, count: max(64, 4 * used.nextPowerOfTwo))
      for index in object.first..<entries.count { place(index, out, object.table) }
    }
    let mask = tables[object.table].count - 1
    var slot = hash(entry, out) & mask
    while tables[object.table][slot] != 0 {
      if same(entries[tables[object.table][slot] - 1], entry, out) { return false }
      slot = (slot + 1) & mask
    }
    entries.append(entry)
    tables[object.table][slot] = entries.count
    return true
  }

  private mutating func place(_ index: Int, _ out: borrowing ByteBuffer, _ table: Int) {
    let mask = tables[table].count - 1
    var slot = hash(entries[index], out) & mask
    while tables[table][slot] != 0 { slot = (slot + 1) & mask }
    tables[table][slot] = index + 1
  }

  private func hash(_ entry: Entry, _ out: borrowing ByteBuffer) -> Int {
    var hasher = Hasher()
    out.hash(entry.start, count: entry.count, into: &hasher)
    return hasher.finalize()
  }

  @inline(__always)
  private func same(_ a: Entry, _ b: Entry, _ out: borrowing ByteBuffer) -> Bool {
    a.count == b.count && a.prefix == b.prefix && (a.count <= 8 || out.equal(a.start, b.start, count: a.count))
  }
}

/// Up to so many keys are compared one by one.
private let linearMax = 12

extension Int {
  /// The smallest power of two that is not less; for positive numbers.
  var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
