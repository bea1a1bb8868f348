import BSON
import Store
import Testing

@testable import Projection

@Suite struct MoodTrendTests {
  private func trend(_ scores: [Double?], backwards: Bool = false) -> Double? {
    let contacts = scores.enumerated().map { index, score in
      Rollup.Contact(
        id: "c\(index)", channel: "email", at: BSONDate(millisecondsSince1970: Int64(index / 2) * 60_000), score: score)
    }
    var trend = MoodTrend()
    for contact in backwards ? contacts.reversed() : contacts { trend.add(contact) }
    return trend.change
  }

  @Test func `two scored contacts make a trend, fewer none`() {
    #expect(trend([]) == nil && trend([0.5]) == nil && trend([0.5, nil, .nan]) == nil)
    #expect(trend([0.5, -0.25]) == -0.75)
    #expect(trend([-1, 1]) == 2 && trend([1, -1]) == -2)
  }

  @Test func `the newer half is held against the older one, the middle against neither`() {
    #expect(trend([0.5, 0.25, -0.25, -0.5]) == -0.75)
    #expect(trend([0.5, 0.25, 1, -0.25, -0.5]) == -0.75)
    #expect(trend([0.25, 0.25, nil, 0.25, 0.25]) == 0)
  }

  @Test func `the latest ten count, in any order of arrival`() {
    let scores = [-1.0, -1, -1] + [0, 0, 0, 0, 0] + [0.5, 0.5, 0.5, 0.5, 0.5]
    #expect(trend(scores) == 0.5 && trend(scores, backwards: true) == 0.5)
    #expect(trend(Array(scores.dropLast())) != 0.5)
  }
}
