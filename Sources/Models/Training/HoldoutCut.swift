import BSON
import MachineLearning
import Store

/// Which part of what happened is held out for the metrics: the last fifth by time.
///
/// The cut lies between two UTC days. When most happened on one day there is no such cut, and a fifth of the pairs is drawn by the
/// seed instead; the card says so.
enum HoldoutCut: Sendable, Equatable {
  /// Through this day (days since 1970) and this moment (milliseconds since 1970) is trained on.
  case time(day: Int, at: Int64)
  case random

  /// The share of what happened that is trained on.
  static let trainedShare = 0.8
  /// Below this share before the cut, the part that is left to train on says too little of the model.
  static let trainedShareMin = 0.5

  init(_ days: [DayActivity]) {
    let total = days.reduce(0) { $0 + $1.entries }
    var sum = 0
    var latest: Int64 = .min
    // The last day is held out in any case.
    for (index, day) in days.enumerated().dropLast() {
      sum += day.entries
      latest = max(latest, day.lastAt.millisecondsSince1970)
      guard Double(sum) >= Self.trainedShare * Double(total) || index == days.count - 2 else { continue }
      guard sum < total, Double(sum) >= Self.trainedShareMin * Double(total) else { break }
      self = .time(day: UTCDay.daysSince1970(of: day.day), at: latest)
      return
    }
    self = .random
  }

  /// The method's name in evaluations.
  var method: String {
    switch self {
    case .time: "TIME"
    case .random: "RANDOM"
    }
  }
}
