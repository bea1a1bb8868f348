import BSON
import Store
import Testing

@testable import Models

@Suite("The cut of the hold-out")
struct HoldoutCutTests {
  private func days(_ entries: [Int]) -> [DayActivity] {
    entries.enumerated().map {
      DayActivity(day: World.dayName($0.offset), entries: $0.element, lastAt: World.day($0.offset))
    }
  }

  private func cutDay(_ entries: [Int]) -> Int? {
    guard case .time(let day, let at) = HoldoutCut(days(entries)) else { return nil }
    let number = day - UTCDay.daysSince1970(of: World.dayName(0))
    #expect(at == World.day(number).millisecondsSince1970)
    return number
  }

  @Test func `the last fifth of what happened is held out`() {
    #expect(cutDay([10, 10, 10, 10, 10, 10, 10, 10, 10, 10]) == 7)
    #expect(cutDay([79, 1, 10, 10]) == 1)
  }

  @Test func `the last day is always held out`() { #expect(cutDay([30, 30, 40]) == 1) }

  @Test(arguments: [[], [100], [5, 95], [0, 0, 7], [100, 0]])
  func `without days to cut between, chance decides`(entries: [Int]) { #expect(cutDay(entries) == nil) }
}

@Suite("Questions for recommendations")
struct RecommendationQueryTests {
  @Test(arguments: [
    ("90d", Int64(90) * 86_400_000), ("0", 0), ("0d", 0), ("12h", 43_200_000), ("30m", 1_800_000), ("5s", 5000),
  ])
  func `spans of time are read`(text: String, milliseconds: Int64) {
    #expect(RecommendationQuery.milliseconds(parsing: text) == milliseconds)
  }

  @Test(arguments: ["", "d", "90", "-1d", "1.5d", "9999999d", "90 d", "9x", "٣d"])
  func `anything else is none`(text: String) { #expect(RecommendationQuery.milliseconds(parsing: text) == nil) }

  @Test(arguments: ["", "a b", "a/b", "ä", "a.b", "$a", String(repeating: "a", count: 65)])
  func `a name of a model that is none is refused`(name: String) {
    expect(throws: ErrorPattern { if case .invalidModelName = $0 { true } else { false } }) {
      try ModelName(parsing: name)
    }
  }
}
