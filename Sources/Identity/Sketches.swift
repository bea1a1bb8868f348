import Glibc
import Store

/// About how many different values there were, in 4 KiB: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with 4,096 registers, a standard
/// error of 1.6 %; exact counting of empty registers while there are few values.
struct DistinctCount: Sendable {
  private static let bits = 12
  private var registers = [UInt8](repeating: 0, count: 1 << DistinctCount.bits)

  mutating func add(_ hash: UInt64) {
    let register = Int(hash >> UInt64(64 - Self.bits))
    let rank = UInt8(min(64 - Self.bits, (hash << UInt64(Self.bits)).leadingZeroBitCount) + 1)
    registers[register] = max(registers[register], rank)
  }

  /// The estimate.
  var estimate: Int {
    let count = Double(registers.count)
    var sum = 0.0
    var zeros = 0
    for rank in registers {
      sum += 1 / Double(UInt64(1) << UInt64(rank))
      if rank == 0 { zeros += 1 }
    }
    let raw = 0.7213 / (1 + 1.079 / count) * count * count / sum
    // Linear counting is nearer while many registers are empty.
    if raw <= 2.5 * count, zeros > 0 { return Int((count * log(count / Double(zeros))).rounded()) }
    return Int(raw.rounded())
  }
}

/// The values that occur most, with a bound on memory: Space-Saving (Metwally, Agrawal, El Abbadi 2005). A value's count may be too high by what
/// it took over, never too low; a value more frequent than one in `valuesMax` is there for sure.
struct FrequentValues: Sendable {
  /// Values that are watched.
  static let valuesMax = 200

  /// One value.
  struct Entry: Sendable, Equatable {
    let value: ByteString
    /// How often it occurred, at the most,
    var count: Int
    /// and by how much that may be too high.
    var excess: Int
  }

  private var entries: [Entry] = []
  private var positions: [ByteString: Int] = [:]

  mutating func add(_ value: ByteString) {
    if let position = positions[value] {
      entries[position].count += 1
    } else if entries.count < Self.valuesMax {
      positions[value] = entries.count
      entries.append(Entry(value: value, count: 1, excess: 0))
    } else {
      var least = 0
      for position in entries.indices where entries[position].count < entries[least].count { least = position }
      positions[entries[least].value] = nil
      positions[value] = least
      entries[least] = Entry(value: value, count: entries[least].count + 1, excess: entries[least].count)
    }
  }

  /// The most frequent first, at most `limit`; only those that surely occurred more than once.
  func top(_ limit: Int) -> [Entry] {
    Array(
      entries.filter { $0.count - $0.excess > 1 }
        .sorted { $0.count != $1.count ? $0.count > $1.count : $0.value < $1.value }.prefix(limit))
  }
}
