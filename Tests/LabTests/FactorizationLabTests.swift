import Foundation
import Testing

@testable import Lab

@Suite struct FactorizationLabTests {
  /// Two tastes: the first half of users takes the first half of items, a few at a time; what is new comes last.
  private func ratings(timestamps: Bool) -> String {
    var lines = [timestamps ? "timestamp,item_id,rating,user_id" : "item_id,rating,user_id"]
    for time in 0..<6 {
      for user in 0..<40 {
        let item = (user % 2) * 12 + (user / 2 + time * 5) % 12
        lines.append((timestamps ? "\(1000 + time)," : "") + "i\(item),\(4 + (user + time) % 2),u\(user)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func run(_ text: String, feedback: FactorizationLab.Feedback, threshold: Double? = nil) throws -> (
    report: String, rows: [String]
  ) {
    try withFolder { folder in
      try write(text, to: "\(folder)/in.csv")
      var lab = FactorizationLab(
        train: "\(folder)/in.csv", feedback: feedback, task: .recommend(count: 3), output: "\(folder)/out.csv")
      lab.threshold = threshold
      return (try lab.run().json, try lines("\(folder)/out.csv"))
    }
  }

  private struct Ranked: Decodable {
    struct Metrics: Decodable { var normalized_discounted_cumulative_gain: Double }
    var time_holdout_from: Double?
    var time_holdout: Metrics?
    var time_holdout_popularity: Metrics?
  }

  @Test func `what came last is ranked by what came before, better than by popularity`() throws {
    let (report, rows) = try run(ratings(timestamps: true), feedback: .implicit)
    let found = try JSONDecoder().decode(Ranked.self, from: Data(report.utf8))
    #expect(found.time_holdout_from == 1004)
    let gain = try #require(found.time_holdout).normalized_discounted_cumulative_gain
    let popular = try #require(found.time_holdout_popularity).normalized_discounted_cumulative_gain
    #expect(gain > popular && gain <= 1)
    #expect(rows.first == "user_id,item_id,rank,score" && rows.count == 1 + 40 * 3)
  }

  @Test func `two tastes that never meet, and a user without a yes, get recommendations too`() throws {
    let text = "user_id,item_id,rating\na,x,5\na,y,4\nb,x,3\nb,z,5\nc,z,1\nd,x,5\n"
    let (_, rows) = try run(text, feedback: .implicit, threshold: 4)
    let items = rows.dropFirst().map { $0.split(separator: ",").prefix(2).joined(separator: " ") }
    // c said no to z; most took x, then y.
    #expect(
      items == ["a z", "b y", "c x", "c y", "d y", "d z"] || items == ["a z", "b y", "c x", "c y", "d z", "d y"])
    #expect(rows.dropFirst().allSatisfy { Double($0.split(separator: ",")[3])?.isFinite == true })
  }

  @Test func `options outside their ranges are refused`() throws {
    for change in [
      { $0.factorCount = 1 }, { $0.factorCount = 201 }, { $0.regularization = -1 }, { $0.alpha = 0 },
      { $0.threads = 0 },
    ] as [(inout FactorizationLab) -> Void] {
      var lab = FactorizationLab(train: "none", feedback: .implicit, task: .recommend(count: 3), output: "none")
      change(&lab)
      let error = #expect(throws: LabError.self) { try lab.run() }
      #expect(error?.message.contains("--") == true)
    }
  }

  @Test func `without times there is no hold-out by time`() throws {
    let found = try JSONDecoder().decode(
      Ranked.self, from: Data(try run(ratings(timestamps: false), feedback: .implicit).report.utf8))
    #expect(found.time_holdout == nil && found.time_holdout_from == nil)
  }

  @Test func `errors of explicit ratings on what came last stand beside those of the items' means`() throws {
    struct Errors: Decodable {
      struct Metrics: Decodable { var root_mean_squared_error: Double }
      var time_holdout: Metrics
      var time_holdout_popularity: Metrics
    }
    let found = try JSONDecoder().decode(
      Errors.self, from: Data(try run(ratings(timestamps: true), feedback: .explicit).report.utf8))
    #expect(found.time_holdout.root_mean_squared_error < 1 && found.time_holdout_popularity.root_mean_squared_error < 1)
  }
}
