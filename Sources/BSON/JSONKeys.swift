/// The keys of the objects that are open, to refuse a second of the same name in linear time. Few keys are compared one
/// by one; from the thirteenth on an object has a hash table, seeded per process so that no sender can aim at it.
///
/// Safe although it holds a pointer: the memory is its own from init to deinit, and every index is below `count`.
@safe
struct JSONKeys: ~Copyable {
  /// Where an object's keys begin among the entries, and which table is its own.
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

  private var entries: UnsafeMutablePointer<Entry>
  private var capacity = 32
  private var count = 0
  private var tables: [[Int]] = []
  private var depth = 0

  init() {
    unsafe entries = .allocate(capacity: capacity)
  }

  deinit {
    unsafe entries.deallocate()
  }

  /// Forgets every object.
  mutating func clear() {
    count = 0
    depth = 0
    if !tables.isEmpty { tables = [] }
  }

  mutating func open() -> Object {
    let object = Object(first: count, table: depth)
    depth += 1
    return object
  }

  mutating func close(_ object: Object) {
    count = object.first
    depth -= 1
    if object.table < tables.count { tables[object.table] = [] }
  }

  /// Adds the key at `start` of `out`; false when the object has it already.
  @inline(__always)
  mutating func insert(keyAt start: Int, count length: Int, of out: borrowing ByteBuffer, into object: Object) -> Bool {
    let word = out.word(at: start)
    let prefix = length >= 8 ? word : word & ((1 << UInt64(8 * length)) - 1)
    let entry = Entry(prefix: prefix, start: start, count: length)
    if count - object.first >= linearMax { return insertIntoTable(entry, of: out, object) }
    var index = object.first
    while index < count {
      if same(self.entry(index), entry, out) { return false }
      index += 1
    }
    append(entry)
    return true
  }

  @inline(__always)
  private func entry(_ index: Int) -> Entry {
    // Below count: entries are initialized up to there.
    unsafe entries[index]
  }

  @inline(__always)
  private mutating func append(_ entry: Entry) {
    if count == capacity { grow() }
    // Below capacity, by the line above.
    unsafe entries[count] = entry
    count += 1
  }

  @inline(never)
  private mutating func grow() {
    let wider = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
    // Both hold `count` entries; the old memory is given back and not used again.
    unsafe wider.update(from: entries, count: count)
    unsafe entries.deallocate()
    unsafe entries = wider
    capacity *= 2
  }

  @inline(never)
  private mutating func insertIntoTable(_ entry: Entry, of out: borrowing ByteBuffer, _ object: Object) -> Bool {
    while tables.count <= object.table { tables.append([]) }
    let used = count - object.first
    // At most half full; slots hold an entry's index plus one, zero is free.
    if tables[object.table].count < 2 * (used + 1) {
      tables[object.table] = [Int](repeating: 0, count: max(64, 4 * used.nextPowerOfTwo))
      for index in object.first..<count { place(index, out, object.table) }
    }
    let mask = tables[object.table].count - 1
    var slot = hash(entry, out) & mask
    while tables[object.table][slot] != 0 {
      if same(self.entry(tables[object.table][slot] - 1), entry, out) { return false }
      slot = (slot + 1) & mask
    }
    append(entry)
    tables[object.table][slot] = count
    return true
  }

  private mutating func place(_ index: Int, _ out: borrowing ByteBuffer, _ table: Int) {
    let mask = tables[table].count - 1
    var slot = hash(entry(index), out) & mask
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
    a.prefix == b.prefix && a.count == b.count && (a.count <= 8 || out.equal(a.start, b.start, count: a.count))
  }
}

/// Up to so many keys are compared one by one.
private let linearMax = 12

extension Int {
  /// The smallest power of two that is not less; for positive numbers.
  var nextPowerOfTwo: Int { self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
