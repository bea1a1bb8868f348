import Store

/// Days grouped into equal steps of time.
enum DemandSteps: String, CaseIterable, Sendable {
  case daily = "DAILY"
  case weekly = "WEEKLY"
  case monthly = "MONTHLY"

  /// Steps of a season: seven days, twelve months; weeks have none.
  var period: Int {
    switch self {
    case .daily: 7
    case .weekly: 1
    case .monthly: 12
    }
  }

  /// The step that a day (days since 1970) lies in. Weeks begin on Monday.
  func step(ofDay day: Int) -> Int {
    switch self {
    case .daily: day
    case .weekly: Self.floorDivided(day + 3, by: 7)
    case .monthly: UTCDay.month(ofDay: day)
    }
  }

  /// The first day of a step.
  func firstDay(ofStep step: Int) -> Int {
    switch self {
    case .daily: step
    case .weekly: step * 7 - 3
    case .monthly:
      UTCDay.daysSince1970(
        of: Self.floorDivided(step, by: 12) * 10_000 + (step - Self.floorDivided(step, by: 12) * 12 + 1) * 100 + 1)
    }
  }

  private static func floorDivided(_ number: Int, by divisor: Int) -> Int {
    number >= 0 ? number / divisor : -((-number + divisor - 1) / divisor)
  }
}
