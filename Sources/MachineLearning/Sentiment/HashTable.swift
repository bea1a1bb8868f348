/// A table from hashes to values, open-addressed and at most half full; equal contents are equal tables.
struct HashTable<Value: Sendable & Equatable>: Sendable, Equatable {
  /// A value under its hash.
  struct Entry: Sendable, Equatable {
    var hash: UInt32
    var value: Value
  }

  /// Ascending by hash, without doubles.
  let entries: [Entry]
  /// By the hash's low bits, or behind that place: the hash, and in the low half the entry's index + 1; 0 where free. Most questions are for
  /// what is not there: they touch these alone, a quarter of what the entries would take.
  private let places: [UInt64]

  /// The last of several values under one hash stays.
  init(_ values: [UInt32: Value]) {
    self.init(ascending: values.sorted { $0.key < $1.key }.map { Entry(hash: $0.key, value: $0.value) })
  }

  init(ascending entries: [Entry]) {
    self.entries = entries
    var size = 256
    while size < 2 * entries.count { size *= 2 }
    var places = [UInt64](repeating: 0, count: size)
    for (index, entry) in entries.enumerated() {
      var place = Int(entry.hash) & (size - 1)
      while places[place] != 0 { place = (place + 1) & (size - 1) }
      places[place] = UInt64(entry.hash) << 32 | UInt64(index + 1)
    }
    self.places = places
  }

  subscript(_ hash: UInt32) -> Value? {
    var place = Int(hash) & (places.count - 1)
    while true {
      let found = places[place]
      guard found != 0 else { return nil }
      if UInt32(found >> 32) == hash { return entries[Int(UInt32(truncatingIfNeeded: found)) - 1].value }
      place = (place + 1) & (places.count - 1)
    }
  }

  static func == (left: Self, right: Self) -> Bool { left.entries == right.entries }
}
