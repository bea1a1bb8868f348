/// A table from hashes to values, open-addressed and at most half full; equal contents are equal tables.
struct HashTable<Value: Sendable & Equatable>: Sendable, Equatable {
  /// A value under its hash.
  struct Entry: Sendable, Equatable {
    var hash: UInt32
    var value: Value
  }

  /// Ascending by hash, without doubles.
  let entries: [Entry]
  /// The entries by their hash's low bits, or behind that place.
  private let places: [Entry?]

  /// The last of several values under one hash stays.
  init(_ values: [UInt32: Value]) {
    self.init(ascending: values.sorted { $0.key < $1.key }.map { Entry(hash: $0.key, value: $0.value) })
  }

  init(ascending entries: [Entry]) {
    self.entries = entries
    var size = 256
    while size < 2 * entries.count { size *= 2 }
    var places = [Entry?](repeating: nil, count: size)
    for entry in entries {
      var place = Int(entry.hash) & (size - 1)
      while places[place] != nil { place = (place + 1) & (size - 1) }
      places[place] = entry
    }
    self.places = places
  }

  subscript(_ hash: UInt32) -> Value? {
    var place = Int(hash) & (places.count - 1)
    while let entry = places[place] {
      if entry.hash == hash { return entry.value }
      place = (place + 1) & (places.count - 1)
    }
    return nil
  }

  static func == (left: Self, right: Self) -> Bool { left.entries == right.entries }
}
