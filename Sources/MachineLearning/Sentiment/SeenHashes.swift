/// The hashes that came up since the last ``clear()``, in an open-addressed table at most half full. Clearing costs nothing: a place counts
/// only with the number of the round that filled it.
struct SeenHashes: Sendable {
  /// The hash in the high half, the round in the low one.
  private var places = [UInt64](repeating: 0, count: 1024)
  private var round: UInt32 = 1
  private var count = 0

  mutating func clear() {
    count = 0
    round &+= 1
    guard round == 0 else { return }
    // After 2³² rounds old places would count again.
    for index in places.indices { places[index] = 0 }
    round = 1
  }

  /// Takes a hash; false when it was there.
  mutating func insert(_ hash: UInt32) -> Bool {
    if 2 * count >= places.count { grow() }
    let entry = UInt64(hash) << 32 | UInt64(round)
    var place = Int(hash) & (places.count - 1)
    while UInt32(truncatingIfNeeded: places[place]) == round {
      if places[place] == entry { return false }
      place = (place + 1) & (places.count - 1)
    }
    places[place] = entry
    count += 1
    return true
  }

  private mutating func grow() {
    let old = places
    places = [UInt64](repeating: 0, count: 2 * old.count)
    for entry in old where UInt32(truncatingIfNeeded: entry) == round {
      var place = Int(entry >> 32) & (places.count - 1)
      while places[place] != 0 { place = (place + 1) & (places.count - 1) }
      places[place] = entry
    }
  }
}
