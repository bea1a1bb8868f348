import BSON
import Store

/// What a customer's interactions add up to. Sums do not depend on the order in which they are added.
struct ContactSummary {
  private var channels: [ByteString: Int] = [:]
  private var last: Rollup.Contact?
  /// Scores in ten-thousandths, so that their sum is exact.
  private var scoreSum: Int64 = 0
  private var scored = 0
  private var trend = MoodTrend()

  mutating func add(_ contact: Rollup.Contact) {
    channels[ByteString(contact.channel), default: 0] += 1
    if let score = contact.score, score.isFinite {
      scoreSum += Int64((score * 10_000).rounded())
      scored += 1
    }
    trend.add(contact)
    guard let known = last else {
      last = contact
      return
    }
    if (known.at, ByteString(known.id)) < (contact.at, ByteString(contact.id)) { last = contact }
  }

  /// `contacts`, where there was one.
  func append(to writer: inout BSONWriter) {
    guard let last else { return }
    writer.append(
      "contacts",
      document: { contacts in
        contacts.append("count", channels.values.reduce(0, +))
        contacts.append("lastContactAt", last.at)
        contacts.append("lastChannel", last.channel)
        contacts.append(
          "channels",
          array: { array in
            for (name, count) in channels.sorted(by: { $0.key < $1.key }) {
              array.append(
                BSONDocument {
                  $0.append("name", name.string)
                  $0.append("count", count)
                })
            }
          })
        if let score = last.score { contacts.append("lastScore", score) }
        if scored > 0 { contacts.append("meanScore", Double(scoreSum) / Double(scored) / 10_000) }
        if let change = trend.change { contacts.append("scoreTrend", change) }
      })
  }
}
