import BSON
import MongoDB
import Store

/// Pages of what a customer did, newest first.
struct CustomerHistory {
  let store: Store
  let subjects: [String]
  let deadline: Deadline

  /// Rows that one page reads at the most; a page ends early, between two events, rather than go beyond.
  static let rowsPerPageMax = 20_000

  /// Events after `bound`, at most `limit` of them, and whether there are more.
  func events(within bound: TimelineBound?, limit: Int) throws -> (events: [EventGroup], hasMore: Bool) {
    var groups: [EventGroup] = []
    var rowsSeen = 0
    var hasMore = false
    try store.events.forEachRow(
      ofSubjects: subjects, within: bound, limit: Self.rowsPerPageMax, deadline: deadline
    ) { row in
      rowsSeen += 1
      if !groups.isEmpty, groups[groups.count - 1].take(row) { return true }
      guard let group = EventGroup(row) else { return true }
      guard groups.count < limit else {
        hasMore = true
        return false
      }
      groups.append(group)
      return true
    }
    if rowsSeen == Self.rowsPerPageMax, !hasMore {
      // The last event may not be whole: the next page begins with it, unless it alone fills this one.
      if groups.count > 1 { groups.removeLast() }
      hasMore = true
    }
    return (groups, hasMore)
  }

  /// Orders after `bound`, at most `limit` of them, and whether there are more.
  func orders(within bound: TimelineBound?, limit: Int) throws -> (orders: [SourceEntry], hasMore: Bool) {
    let found = try store.orders.orders(ofSubjects: subjects, within: bound, limit: limit + 1, deadline: deadline)
    return (found.prefix(limit).compactMap { SourceEntry($0, dated: "orderDate") }, found.count > limit)
  }

  /// Interactions after `bound`, at most `limit` of them, and whether there are more.
  func interactions(
    within bound: TimelineBound?, limit: Int
  ) throws -> (interactions: [SourceEntry], hasMore: Bool) {
    let found = try store.interactions.interactions(
      ofSubjects: subjects, within: bound, limit: limit + 1, deadline: deadline)
    return (found.prefix(limit).compactMap { SourceEntry($0, dated: "at") }, found.count > limit)
  }

  /// Events, orders and interactions together.
  func timeline(after position: TimelinePosition?, limit: Int) throws -> (entries: [TimelineEntry], hasMore: Bool) {
    let (events, moreEvents) = try events(within: position?.bound(of: .event), limit: limit)
    let (orders, moreOrders) = try orders(within: position?.bound(of: .order), limit: limit)
    let (interactions, moreInteractions) = try interactions(within: position?.bound(of: .interaction), limit: limit)
    let lists: [(entries: [TimelineEntry], hasMore: Bool)] = [
      (events.map(TimelineEntry.event), moreEvents), (orders.map(TimelineEntry.order), moreOrders),
      (interactions.map(TimelineEntry.interaction), moreInteractions),
    ]
    let entries = lists.flatMap(\.entries).sorted { $0.position.comesBefore($1.position) }
    // Beyond the end of a list that has more, the other ones' entries wait for the next page.
    var end = min(entries.count, limit)
    for list in lists where list.hasMore {
      if let last = list.entries.last { end = min(end, count(of: entries, upTo: last)) }
    }
    return (Array(entries[..<end]), lists.contains { $0.hasMore } || end < entries.count)
  }

  private func count(of entries: [TimelineEntry], upTo last: TimelineEntry) -> Int {
    entries.count { !last.position.comesBefore($0.position) }
  }
}
