import BSON
import Store

/// Which events of a batch have which id: a hash table of positions, seeded per process so that no sender can aim at it.
/// The ids stay where they are, in the events.
struct KnownIds {
  private struct Slot {
    var hash = 0
    /// Minus one in a free slot.
    var position = -1
  }

  private var slots: [Slot]

  /// A table for at most so many events.
  init(count: Int) {
    // At most half full.
    var size = 2
    while size < count * 2 { size *= 2 }
    slots = Array(repeating: Slot(), count: size)
  }

  /// Notes that `item` will be the next of `items`, unless one of these has its id: then that one's position.
  mutating func insert(_ item: ValidItem, behind items: [ValidItem]) -> Int? {
    let hash = Self.hash(item.document)
    let mask = slots.count - 1
    var place = hash & mask
    while slots[place].position >= 0 {
      let slot = slots[place]
      if slot.hash == hash, ByteString(items[slot.position].id) == ByteString(item.id) { return slot.position }
      place = (place + 1) & mask
    }
    slots[place] = Slot(hash: hash, position: items.count)
    return nil
  }

  /// The hash of an event's `_id`, its first field.
  private static func hash(_ event: BSONDocument) -> Int {
    event.withBytes { bytes in
      var hasher = Hasher()
      if let id = BSONScan.field(at: 4, of: 0..<bytes.count, in: bytes) {
        // The bytes live for the closure.
        unsafe bytes.extracting(id.value).withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
      }
      return hasher.finalize()
    }
  }
}
