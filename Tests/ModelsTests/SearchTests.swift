import BSON
import MachineLearning
import MongoTesting
import Store
import Testing

@testable import Models

@Suite("Hyperparameter search")
struct SearchTests {
  private func range(_ low: Int, _ high: Int) -> BSONDocument {
    BSONDocument {
      $0.append(
        "HPARAM_RANGE",
        array: {
          $0.append(low); $0.append(high)
        })
    }
  }

  private func options(_ values: [(String, BSONValue)], ofModel model: String = "kmeans") throws -> TrainingOptions {
    try TrainingOptions(
      BSONDocument { writer in for (name, value) in values { writer.append(name, value) } },
      ofModel: ModelName(parsing: model))
  }

  @Test func `a small space is tried whole, a large one as often as the budget allows`() throws {
    let small = try options([("NUM_TRIALS", BSONValue(9)), ("NUM_CLUSTERS", .document(range(2, 10)))]).search
    #expect(small?.points(seed: 1).compactMap { $0["NUM_CLUSTERS"] } == (2...10).map { OptionValue.int($0) })
    let large = try options([("NUM_TRIALS", BSONValue(9)), ("NUM_CLUSTERS", .document(range(2, 100)))]).search
    let points = large?.points(seed: 1) ?? []
    #expect(points.count == 9 && Set(points.map { "\($0)" }).count == 9)
    #expect(points == large?.points(seed: 1) && points != large?.points(seed: 2))
  }

  @Test(arguments: [
    ("kmeans", [("NUM_CLUSTERS", #"{"HPARAM_RANGE":[2,10]}"#)], "NUM_CLUSTERS"),
    ("kmeans", [("NUM_TRIALS", "101")], "NUM_TRIALS"),
    ("kmeans", [("NUM_TRIALS", "3"), ("NUM_CLUSTERS", #"{"HPARAM_RANGE":[10,2]}"#)], "NUM_CLUSTERS"),
    ("kmeans", [("NUM_TRIALS", "3"), ("NUM_CLUSTERS", #"{"HPARAM_RANGE":[2,101]}"#)], "NUM_CLUSTERS"),
    ("kmeans", [("NUM_TRIALS", "3"), ("NUM_CLUSTERS", "4")], "NUM_TRIALS"),
    ("kmeans", [("NUM_TRIALS", "3"), ("MAX_ITERATIONS", #"{"HPARAM_CANDIDATES":[2,3]}"#)], "MAX_ITERATIONS"),
    ("kmeans", [("NUM_TRIALS", "3"), ("HPARAM_TUNING_OBJECTIVES", #""R2_SCORE""#)], "HPARAM_TUNING_OBJECTIVES"),
    ("matrix_factorization", [("NUM_TRIALS", "3"), ("L2_REG", #"{"HPARAM_RANGE":[-1,2]}"#)], "L2_REG"),
    ("rfm", [("NUM_TRIALS", "3")], "NUM_TRIALS"),
  ])
  func `a search that is none is refused by name`(model: String, given: [(String, String)], option: String) throws {
    let service = try World().service()
    defer { service.stop() }
    let text = "{" + given.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    let options = try JSONDecoding.document(from: Array(text.utf8).span)
    expect(throws: ErrorPattern { if case .invalidOption(option, _) = $0 { true } else { false } }) {
      try service.train(model, options: options)
    }
  }

  @Test func `trials find how many kinds of customers there are`() throws {
    let world = try World()
    try world.populateSegments(120)
    let service = world.service()
    defer { service.stop() }
    let job = try service.trained(
      "kmeans",
      BSONDocument {
        $0.append("NUM_TRIALS", 5)
        $0.append("NUM_INIT", 3)
        $0.append("NUM_CLUSTERS", range(2, 6))
      })
    #expect(job.string("state") == "succeeded", "\(job)")
    let card = try service.card("1", ofModel: "kmeans")
    #expect(card.document("options")?.int("NUM_CLUSTERS") == 4)
    #expect(card.document("chosenByValidation")?.int("NUM_CLUSTERS") == 4)
    let trials = card.array("trials")?.compactMap(\.documentValue) ?? []
    #expect(trials.count == 5 && trials.count { $0.bool("isOptimal") == true } == 1)
    let best = trials.first { $0.bool("isOptimal") == true }
    #expect(best?.double("objective") == trials.compactMap { $0.double("objective") }.min())
    #expect(best?.double("objective") == (try service.evaluate("1", ofModel: "kmeans").double("davies_bouldin_index")))
  }

  @Test func `trials of a factorization keep away from the hold-out`() throws {
    let world = try World()
    try world.populateTastes(60)
    let service = world.service()
    defer { service.stop() }
    let options = BSONDocument {
      for element in quickFactors where element.key != "NUM_FACTORS" { $0.append(element) }
      $0.append("NUM_TRIALS", 3)
      $0.append(
        "NUM_FACTORS",
        document: {
          $0.append(
            "HPARAM_CANDIDATES",
            array: {
              $0.append(2); $0.append(4); $0.append(8)
            })
        })
    }
    let job = try service.trained("matrix_factorization", options)
    #expect(job.string("state") == "succeeded", "\(job)")
    let card = try service.card("1", ofModel: "matrix_factorization")
    let trials = card.array("trials")?.compactMap(\.documentValue) ?? []
    #expect(trials.count == 3)
    let best = trials.first { $0.bool("isOptimal") == true }?.document("hyperparameters")?.int("NUM_FACTORS")
    #expect(best == card.document("options")?.int("NUM_FACTORS"))
  }
}
