import BSON
import MongoTesting
import Store
import Testing

@testable import Models

@Suite("Scores: churn, propensity, RFM, lifetime value")
struct ScoreTests {
  private static let churnOptions = BSONDocument {
    $0.append("HORIZON_DAYS", 40)
    $0.append("MAX_ITERATIONS", 60)
  }

  private func buyers(_ count: Int = 160) throws -> (World, ModelService) {
    let world = try World()
    try world.populateBuyers(count)
    return (world, world.service())
  }

  private func score(_ service: ModelService, _ customer: Int, model: String) throws -> BSONDocument? {
    try service.scores(ofCustomer: World.id(customer)).first { $0.string("model") == model }?.document("score")
  }

  @Test func `churn tells who stopped from who goes on`() throws {
    let (_, service) = try buyers()
    defer { service.stop() }
    let job = try service.trained("churn", Self.churnOptions)
    #expect(job.string("state") == "succeeded" && job.bool("isDefault") == true, "\(job)")
    let evaluation = try service.evaluate("1", ofModel: "churn")
    #expect(evaluation.double("roc_auc").map { $0 > 0.9 } == true, "\(evaluation)")
    let rate = evaluation.document("baseline")?.document("rate")?.double("log_loss") ?? 0
    #expect(evaluation.double("log_loss").map { $0 < rate } == true)
    #expect(evaluation.document("holdout")?.date("after") == World.day(160))
    // Customer 0 buys to the end, customer 1 stopped on day 57.
    let (loyal, gone) = (try score(service, 0, model: "churn"), try score(service, 1, model: "churn"))
    let (low, high) = (loyal?.double("probability") ?? 1, gone?.double("probability") ?? 0)
    #expect(low < 0.3 && high > 0.7, "\(low) \(high)")
    #expect((gone?.int("percentile") ?? 0) > (loyal?.int("percentile") ?? 100))
    #expect(gone?.array("factors")?.count == 3)
    // What is stored is what is predicted.
    let answer = try service.predict("churn", instances: instances([instance { $0.append("customerId", World.id(1)) }]))
    #expect(answer.array("predictions")?.first { _ in true }?.documentValue == gone)
    let byUser = try service.predict(
      "churn", instances: instances([instance { $0.append("userId", "U" + World.id(1)) }]))
    #expect(byUser.array("predictions") == answer.array("predictions"))
  }

  @Test func `what a customer said in a bad mood is a feature, up to the cut-off`() throws {
    func contact(_ day: Int, _ score: Double?) -> Rollup {
      var rollup = Rollup(subject: "c", day: World.dayName(day), at: World.day(day))
      rollup.contacts = [.init(id: "i\(day)", channel: "email", at: World.day(day), score: score)]
      return rollup
    }
    let cutoff = UTCDay.daysSince1970(of: World.dayName(160))
    let rollups = [contact(20, 0.75), contact(100, -0.5), contact(150, -0.75), contact(155, nil), contact(170, 1)]
    let log = CustomerLog(rollups, money: MoneyRates())
    let values = Dictionary(
      uniqueKeysWithValues: zip(BehaviourFeatures.names, BehaviourFeatures.values(of: log, cutoff: cutoff)))
    #expect(values["contacts_90d"] == 3 && values["negative_contacts_90d"] == 2)
    #expect(values["sentiment_90d"] == -0.625)
    #expect(abs((values["sentiment"] ?? 0) - (0.75 - 0.5 - 0.75) / 3) < 1e-12)
    let silent = BehaviourFeatures.values(of: CustomerLog([], money: MoneyRates()), cutoff: cutoff)
    #expect(silent.count == BehaviourFeatures.names.count && silent[BehaviourFeatures.names.count - 2].isNaN)
  }

  @Test func `no feature of a label sees beyond the cut-off`() throws {
    // Two customers alike until day 160: what only one of them does later is no feature of it.
    let money = MoneyRates()
    let before = World.purchase("c", day: 100, order: "a", number: 1)
    let after = World.purchase("c", day: 170, order: "b", number: 1)
    let cutoff = UTCDay.daysSince1970(of: World.dayName(160))
    let (one, two) = (
      CustomerLog([before], through: cutoff, money: money), CustomerLog([before, after], through: cutoff, money: money)
    )
    #expect(one.purchases == two.purchases && one.lastDay == two.lastDay)
    let tables = try [one, two].map {
      try PropensityScorer.table([$0], cutoffs: [cutoff], purchaseModel: nil, horizonDays: 40)
    }
    // NaN is not equal to itself.
    #expect("\(tables[0])" == "\(tables[1])")
  }

  @Test func `features by name are predicted without a customer`() throws {
    let (_, service) = try buyers()
    defer { service.stop() }
    try service.trained("churn", Self.churnOptions)
    func probability(_ recency: Int) throws -> Double {
      let answer = try service.predict(
        "churn",
        instances: instances([
          instance {
            $0.append("recency_days", recency)
            $0.append("recency_over_gap", Double(recency) / 8)
            $0.append("days_since_last_event", recency)
          }
        ]))
      return answer.array("predictions")?.first { _ in true }?.documentValue?.double("probability") ?? .nan
    }
    #expect(try probability(100) > probability(2))
    expect(throws: ErrorPattern { if case .invalidInstance(0, "customerId", _) = $0 { true } else { false } }) {
      try service.predict("churn", instances: instances([instance { $0.append("age", 3) }]))
    }
    expect(throws: ErrorPattern { if case .invalidInstance(0, "recency_days", _) = $0 { true } else { false } }) {
      try service.predict("churn", instances: instances([instance { $0.append("recency_days", "long") }]))
    }
  }

  @Test func `equal data and seed give equal bytes, for every type`() throws {
    let (_, service) = try buyers(90)
    defer { service.stop() }
    let (_, other) = try buyers(90)
    defer { other.stop() }
    for (model, options) in [("churn", Self.churnOptions), ("rfm", BSONDocument()), ("clv", BSONDocument())] {
      try service.trained(model, options, seed: 5)
      try other.trained(model, options, seed: 5)
      let checksums = try [service, other].map { try $0.version("1", ofModel: model).string("checksum") }
      #expect(checksums[0] != nil && checksums[0] == checksums[1], "\(model)")
    }
  }

  @Test func `too few positives are refused with their counts`() throws {
    let world = try World()
    try world.populateBuyers(30)
    let service = world.service()
    defer { service.stop() }
    let job = try service.trained("churn", Self.churnOptions)
    let message = job.document("error")?.string("message") ?? ""
    #expect(job.document("error")?.string("code") == "insufficient_data")
    #expect(message.contains("of 30") && message.contains("at least 20 needed"), "\(message)")
    let short = try service.trained("churn", BSONDocument { $0.append("HORIZON_DAYS", 300) })
    #expect(short.document("error")?.string("message")?.contains("days of history") == true, "\(short)")
  }

  @Test(arguments: [
    ("churn", "HORIZON_DAYS", BSONValue(0)), ("churn", "LABEL", .string("PURCHASE")),
    ("churn", "NUM_FOLDS", BSONValue(1)), ("churn", "HORIZON", BSONValue(3)), ("propensity", "LABEL", .string("X")),
    ("propensity", "LABEL_VALUE", .string("wish")), ("clv", "HORIZON_DAYS", .string("long")),
    ("rfm", "HORIZON_DAYS", BSONValue(3)), ("forecast", "HORIZON", BSONValue(0)),
    ("forecast", "LEVEL", .string("STORE")), ("forecast", "MEASURE", .string("REVENUE")),
    ("forecast", "CONFIDENCE_LEVEL", BSONValue(1)), ("forecast", "DATA_FREQUENCY", .string("HOURLY")),
  ])
  func `an option that is none is refused by name`(model: String, option: String, value: BSONValue) throws {
    let service = try World().service()
    defer { service.stop() }
    expect(throws: ErrorPattern { if case .invalidOption(option, _) = $0 { true } else { false } }) {
      try service.train(model, options: BSONDocument { $0.append(option, value) })
    }
  }

  @Test func `propensity learns the label that it is given`() throws {
    let (_, service) = try buyers()
    defer { service.stop() }
    let options = BSONDocument {
      $0.append("LABEL", "EVENT")
      $0.append("LABEL_VALUE", "wish")
      $0.append("HORIZON_DAYS", 40)
      $0.append("MAX_ITERATIONS", 60)
    }
    let job = try service.trained("propensity", options)
    #expect(job.string("state") == "succeeded", "\(job)")
    let card = try service.card("1", ofModel: "propensity")
    #expect(card.document("options")?.string("LABEL_VALUE") == "wish")
    // Every third customer wishes; of those only the even ones are still there.
    let positives = (0..<160).count { $0 % 3 == 0 && $0 % 2 == 0 }
    let found = card.document("data")?.int("positives") ?? 0
    #expect((positives...positives + 10).contains(found), "\(found)")
  }

  @Test func `lifetime value and RFM order customers as they deserve`() throws {
    let (_, service) = try buyers()
    defer { service.stop() }
    for model in ["clv", "rfm"] {
      let job = try service.trained(model)
      #expect(job.string("state") == "succeeded", "\(job)")
    }
    let (loyal, gone) = (try score(service, 48, model: "clv"), try score(service, 1, model: "clv"))
    #expect((loyal?.double("alive_probability") ?? 0) > 0.8 && (gone?.double("alive_probability") ?? 1) < 0.2)
    // A year at a purchase every eight days and 58 apiece would be 2650; half of all customers have left, so some of that is expected.
    let value = loyal?.double("lifetime_value") ?? 0
    #expect(value > 1000 && value < 2650, "\(value)")
    #expect(loyal?.double("expected_order_value").map { abs($0 - 58) < 5 } == true)
    #expect(try service.card("1", ofModel: "clv").document("parameters")?.double("alpha").map { $0 > 0 } == true)
    let evaluation = try service.evaluate("1", ofModel: "clv")
    let naive = evaluation.document("baseline")?.document("rate")?.double("root_mean_squared_error") ?? 0
    #expect(evaluation.double("root_mean_squared_error").map { $0 < naive } == true, "\(evaluation)")
    let (best, lost) = (try score(service, 48, model: "rfm"), try score(service, 1, model: "rfm"))
    #expect((best?.int("recency") ?? 0) >= 3 && (lost?.int("recency") ?? 5) < 3)
    #expect(best?.string("segment") == "champions" || best?.string("segment") == "loyal", "\(best ?? BSONDocument())")
    expect(throws: ErrorPattern { if case .invalidInstance(0, "customerId", _) = $0 { true } else { false } }) {
      try service.predict("rfm", instances: instances([instance { $0.append("recency", 3) }]))
    }
  }

  @Test func `a customer who changes is scored anew, one who goes leaves nothing`() throws {
    let (world, service) = try buyers()
    defer { service.stop() }
    try service.trained("clv")
    let before = try score(service, 1, model: "clv")?.double("alive_probability") ?? 1
    try world.set([World.purchase(World.id(1), day: 199, order: "again", number: 1)])
    try world.set([World.customer(World.id(1), sessions: 6, timeMs: 1000, orderValue: 20, orders: 6, at: 200)])
    try service.customersChanged([World.id(1)])
    let after = try score(service, 1, model: "clv")?.double("alive_probability") ?? 0
    #expect(after > before + 0.2, "\(before) \(after)")
    // A customer who never did anything has no score, and one who is none is not found.
    try world.set([World.customer("c_new", sessions: 0, timeMs: 0, orderValue: nil, orders: 0)])
    #expect(try service.scores(ofCustomer: "c_new").isEmpty)
    try world.set([], removing: [World.id(1)])
    try service.customersChanged([World.id(1)])
    expect(throws: notFound(.customer)) { try service.scores(ofCustomer: World.id(1)) }
    #expect(
      try world.store.outputs.scores(of: World.id(1), generations: ["clv:1"], deadline: .ofTest).isEmpty)
  }
}
