import BSON
import Store

/// Whether a customer's words grow warmer or colder: the mean score of the newer half of the latest scored contacts less that of the older
/// half. By their order and not by their times, so that a quarrel of an hour and one of a month weigh the same. Adding does not depend on
/// the order.
struct MoodTrend {
  /// Contacts that it looks back on.
  static let contactsMax = 10

  /// The latest, oldest first.
  private var latest: [Rollup.Contact] = []

  /// Takes a contact in, if it has a score.
  mutating func add(_ contact: Rollup.Contact) {
    guard let score = contact.score, score.isFinite else { return }
    latest.append(contact)
    latest.sort { ($0.at, ByteString($0.id)) < ($1.at, ByteString($1.id)) }
    if latest.count > Self.contactsMax { latest.removeFirst() }
  }

  /// From -2 (praise, then blame) to 2; nil with fewer than two contacts. Of an odd number the middle one is in neither half.
  var change: Double? {
    let half = latest.count / 2
    guard half > 0 else { return nil }
    func sum(_ contacts: ArraySlice<Rollup.Contact>) -> Int64 {
      // In ten-thousandths, as the mean of all scores.
      contacts.reduce(0) { $0 + Int64((($1.score ?? 0) * 10_000).rounded()) }
    }
    return Double(sum(latest.suffix(half)) - sum(latest.prefix(half))) / Double(half) / 10_000
  }
}
