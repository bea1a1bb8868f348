/// A table from hashes to values, open-addressed and at most half full; equal contents are equal tables.
struct HashTable<Value: Sendable & Equatable>: Sendable, Equatable {
  /// A value under its hash.
  struct Entry: Sendable, Equatable {
    var hash: UInt32
    var value: Value
  }

  /// Ascending by hash, without doubles.
  let entries: [Entry]
  /// By the hash's low bits: 1 + the index of an entry, 0 for a free place.
  private let places: [Int32]

  /// The last of several values under one hash stays.
  init(_ values: [UInt32: Value]) {
    self.init(ascending: values.sorted { $0.key < $1.key }.map { Entry(hash: $0.key, value: $0.value) })
  }

  init(ascending entries: [Entry]) {
    self.entries = entries
    var size = 256
    while size < 2 * entries.count { size *= 2 }
    var places = [Int32](repeating: 0, count: size)
    for (index, entry) in entries.enumerated() {
      var place = Int(entry.hash) & (size - 1)
      while places[place] != 0 { place = (place + 1) & (size - 1) }
      places[place] = Int32(index + 1)
    }
    self.places = places
  }

  func index(of hash: UInt32) -> Int? {
    var place = Int(hash) & (places.count - 1)
    while true {
      let index = Int(places[place])
      if index == 0 { return nil }
      if entries[index - 1].hash == hash { return index - 1 }
      place = (place + 1) & (places.count - 1)
    }
  }

  subscript(_ hash: UInt32) -> Value? { index(of: hash).map { entries[$0].value } }
}
