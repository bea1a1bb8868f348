/// The earliest of many deadlines: a binary heap of connection slots with the place of each slot known, so that a deadline
/// is moved or removed without a search. A loop sleeps until the first one; with none it sleeps for ever.
struct DeadlineHeap {
  private var heap: [(at: Int, slot: Int)] = []
  /// The place of each slot in `heap`, or -1.
  private var places: [Int] = []

  /// The earliest deadline.
  var first: (at: Int, slot: Int)? { heap.first }

  /// The deadline kept for a slot.
  func deadline(of slot: Int) -> Int? {
    slot < places.count && places[slot] >= 0 ? heap[places[slot]].at : nil
  }

  mutating func set(_ slot: Int, at: Int) {
    while places.count <= slot { places.append(-1) }
    var place = places[slot]
    if place < 0 {
      place = heap.count
      heap.append((at, slot))
      places[slot] = place
    } else {
      heap[place].at = at
    }
    siftUp(place)
    siftDown(places[slot])
  }

  mutating func remove(_ slot: Int) {
    guard slot < places.count, places[slot] >= 0 else { return }
    let place = places[slot]
    places[slot] = -1
    let last = heap.removeLast()
    guard place < heap.count else { return }
    heap[place] = last
    places[last.slot] = place
    siftUp(place)
    siftDown(places[last.slot])
  }

  private mutating func siftUp(_ start: Int) {
    var place = start
    let entry = heap[place]
    while place > 0, heap[(place - 1) / 2].at > entry.at {
      heap[place] = heap[(place - 1) / 2]
      places[heap[place].slot] = place
      place = (place - 1) / 2
    }
    heap[place] = entry
    places[entry.slot] = place
  }

  private mutating func siftDown(_ start: Int) {
    var place = start
    let entry = heap[place]
    while true {
      var child = place * 2 + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].at < heap[child].at { child += 1 }
      guard heap[child].at < entry.at else { break }
      heap[place] = heap[child]
      places[heap[place].slot] = place
      place = child
    }
    heap[place] = entry
    places[entry.slot] = place
  }
}
