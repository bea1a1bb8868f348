/// The distinct values of one column, each under a small number, with how many records hold it.
///
/// Number 0 is the empty value. Bytes stand one after the other, so a million values are two arrays and a table of slots.
struct Lexicon: Sendable {
  private(set) var bytes: [UInt8] = []
  private(set) var starts: [UInt32] = [0, 0]
  private(set) var counts: [UInt32] = [0]
  /// Which letters and digits each value has, as bits: see ``letterMask(_:)``.
  private(set) var letters: [UInt32] = [0]
  private var slots: [UInt32] = Array(repeating: 0, count: 64)

  /// The number of values, the empty one included.
  var count: Int { counts.count }

  /// The records that have a value.
  private(set) var filled = 0

  /// The number of a value, a new one if it was never seen; counts it.
  mutating func intern(_ value: borrowing Span<UInt8>) -> UInt32 {
    let id = number(value)
    if id > 0 {
      counts[Int(id)] += 1
      filled += 1
    }
    return id
  }

  /// The number of a value without counting it: a part of a value.
  mutating func number(_ value: borrowing Span<UInt8>) -> UInt32 {
    if value.isEmpty { return 0 }
    if counts.count * 2 > slots.count { grow() }
    let slot = slot(of: value)
    if slots[slot] == 0 {
      slots[slot] = UInt32(counts.count)
      for index in 0..<value.count { bytes.append(value[index]) }
      starts.append(UInt32(bytes.count))
      counts.append(0)
      letters.append(letterMask(value))
    }
    return slots[slot]
  }

  /// Interns the bytes of a collection.
  mutating func intern(_ value: some Collection<UInt8>) -> UInt32 { intern(Array(value).span) }

  /// The number of a value that is there already, nil otherwise.
  func id(of value: borrowing Span<UInt8>) -> UInt32? {
    if value.isEmpty { return 0 }
    let id = slots[slot(of: value)]
    return id == 0 ? nil : id
  }

  /// The bytes of a value.
  subscript(_ id: UInt32) -> ArraySlice<UInt8> { bytes[range(id)] }

  /// The value as text.
  func text(_ id: UInt32) -> String { String(decoding: self[id], as: UTF8.self) }

  /// Where the value stands in ``bytes``.
  @inline(__always)
  func range(_ id: UInt32) -> Range<Int> { Int(starts[Int(id)])..<Int(starts[Int(id) + 1]) }

  private func slot(of value: borrowing Span<UInt8>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: StableHash.of(value)) & mask
    while slots[slot] != 0, !equals(slots[slot], value) { slot = (slot + 1) & mask }
    return slot
  }

  private func equals(_ id: UInt32, _ value: borrowing Span<UInt8>) -> Bool {
    let range = range(id)
    guard range.count == value.count else { return false }
    for index in 0..<value.count where bytes[range.lowerBound + index] != value[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    for id in 1..<counts.count {
      var slot = Int(truncatingIfNeeded: StableHash.of(bytes.span.extracting(range(UInt32(id))))) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(id)
    }
  }
}

/// Hashes that are the same in every run and on every machine.
enum StableHash {
  /// FNV-1a over the bytes, finished by ``mix(_:)``.
  static func of(_ value: borrowing Span<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in 0..<value.count { hash = (hash ^ UInt64(value[index])) &* 0x100_0000_01B3 }
    return mix(hash)
  }

  /// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every input bit reaches every output bit.
  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A hash of two hashes, in this order.
  @inline(__always)
  static func combine(_ a: UInt64, _ b: UInt64) -> UInt64 { mix(a &* 3 ^ mix(b)) }
}
