import Testing

@testable import MachineLearning

@Suite struct PurchaseModelTests {
  /// Buyers at rates of their own who may leave after each purchase, watched for 280 days.
  private func shop(_ count: Int = 600, seed: UInt64 = 1) throws -> PurchaseHistory {
    var random = SeededRandom(seed: seed)
    var purchases: [PurchaseHistory.Purchase] = []
    for customer in 0..<count {
      let rate = 0.005 + 0.04 * random.uniform() * random.uniform()
      var day = random.index(below: 60)
      while day < 280 {
        purchases.append(.init(customer: customer, day: day, quantity: 1, amount: 10 + 20 * random.uniform()))
        if random.uniform() < 0.2 { break }
        day += 1 + Int(-naturalLogarithm(1 - random.uniform()) / rate)
      }
    }
    return try PurchaseHistory(purchases, customerCount: count, cutoff: 280)
  }

  @Test func `the model expects about as many purchases as come`() throws {
    let full = try shop()
    var early: [PurchaseHistory.Purchase] = []
    var later = 0
    for (customer, summary) in full.summaries.enumerated() {
      for day in summary.days {
        if day <= 180 { early.append(.init(customer: customer, day: day, quantity: 1, amount: 15)) }
        if day > 180 && day <= 280 && summary.days[0] <= 180 { later += 1 }
      }
    }
    let history = try PurchaseHistory(early, customerCount: full.summaries.count, cutoff: 180)
    let model = try PurchaseModel(fitting: history)
    let expected = history.summaries.filter { $0.frequency > 0 }
      .reduce(0) { $0 + model.expectedPurchases(.init($1, cutoff: 180), days: 100) }
    #expect(abs(expected / Double(later) - 1) < 0.25)
  }

  /// Fader, Hardie and Lee 2005, table 2: CD purchases, in weeks.
  private static let published = [0.243, 4.414, 0.793, 2.426]

  private func model(_ parameters: [Double]) throws -> PurchaseModel {
    var writer = ModelWriter(.clv, version: 1)
    writer.doubles(parameters)
    return try PurchaseModel(serialized: writer.bytes)
  }

  @Test func `a customer of the published example is expected to buy as published`() throws {
    let model = try model(Self.published)
    // The authors' note on the model in a spreadsheet: two repeat purchases, the last in week 30.43 of 38.86, 39 weeks ahead.
    let expected = model.expectedPurchases(.init(repeats: 2, lastAt: 30.43, age: 38.86), days: 39)
    #expect(abs(expected - 1.226) < 0.001, "\(expected)")
  }

  /// A gamma variate (Marsaglia and Tsang 2000).
  private func gamma(_ shape: Double, _ random: inout SeededRandom) -> Double {
    if shape < 1 { return gamma(shape + 1, &random) * power(random.uniform(), 1 / shape) }
    let d = shape - 1.0 / 3
    while true {
      let x = random.gaussian()
      let v = (1 + x / (9 * d).squareRoot())
      let cube = v * v * v
      if v > 0, naturalLogarithm(1 - random.uniform()) < x * x / 2 + d - d * cube + d * naturalLogarithm(cube) {
        return d * cube
      }
    }
  }

  @Test func `published parameters are found again in purchases made with them`() throws {
    var random = SeededRandom(seed: 5)
    var purchases: [PurchaseHistory.Purchase] = []
    let (r, alpha, a, b) = (Self.published[0], Self.published[1], Self.published[2], Self.published[3])
    for customer in 0..<20_000 {
      let rate = gamma(r, &random) / (alpha * 7)
      let (x, y) = (gamma(a, &random), gamma(b, &random))
      let leaves = x / (x + y)
      // The first purchase falls in the first twelve weeks; the data end after 39.
      var at = Double(random.index(below: 84))
      var isRepeat = false
      while at <= 273 {
        purchases.append(.init(customer: customer, day: Int(at), quantity: 1, amount: 20))
        // Only after a repeat purchase may a customer leave.
        if isRepeat, random.uniform() < leaves { break }
        isRepeat = true
        at += -naturalLogarithm(1 - random.uniform()) / rate
      }
    }
    let found = try PurchaseModel(fitting: PurchaseHistory(purchases, customerCount: 20_000, cutoff: 273))
    // Days in place of instants join purchases of a day, which costs a little of the rate.
    #expect(abs(found.r / r - 1) < 0.1, "\(found)")
    #expect(abs(found.alpha / 7 / alpha - 1) < 0.15, "\(found)")
    #expect(abs((found.a / (found.a + found.b)) / (a / (a + b)) - 1) < 0.15, "\(found)")
  }

  @Test func `gradients of both likelihoods are those of small differences`() throws {
    let history = try shop()
    let buyers = history.summaries.filter { $0.frequency > 0 }
    let purchases = PurchaseLikelihood(buyers, cutoff: history.cutoff, recordsMax: 10_000)
    let spending = try #require(SpendingLikelihood(buyers, recordsMax: 10_000))
    func check(_ point: [Double], _ loss: ([Double], inout [Double]) -> Double) {
      var gradient = point.map { _ in 0.0 }
      var unused = gradient
      _ = loss(point, &gradient)
      for index in point.indices {
        var (above, below) = (point, point)
        above[index] *= exponential(1e-5)
        below[index] *= exponential(-1e-5)
        let difference = (loss(above, &unused) - loss(below, &unused)) / 2e-5
        #expect(abs(gradient[index] - difference) < 1e-6, "\(point) \(index)")
      }
    }
    for point in [[0.25, 30.0, 0.7, 2.1], [3, 5, 0.1, 40]] { check(point, purchases.lossPerCustomer) }
    for point in [[6.2, 3.6, 15.0], [0.5, 8, 100]] { check(point, spending.lossPerCustomer) }
  }

  @Test func `money that never differs still gives a model`() throws {
    var purchases: [PurchaseHistory.Purchase] = []
    for customer in 0..<40 {
      for day in [0, 10 + customer, 60 + customer] {
        purchases.append(.init(customer: customer, day: day, quantity: 1, amount: 15))
      }
    }
    let model = try PurchaseModel(fitting: PurchaseHistory(purchases, customerCount: 40, cutoff: 200))
    let amount = try #require(model.expectedAmount(repeats: 2, mean: 15))
    #expect(abs(amount - 15) < 0.2, "\(model)")
    #expect(try PurchaseModel(serialized: model.serialized()) == model)
  }

  @Test(arguments: [(1.0, -0.5772156649), (0.5, -1.9635100260), (10, 2.2517525891), (123.4, 4.8113738)])
  func `digamma is that of the tables`(_ x: Double, _ value: Double) { #expect(abs(digamma(x) - value) < 1e-6) }

  @Test func `who has long been silent is less likely alive`() throws {
    let model = try PurchaseModel(fitting: shop())
    let fresh = model.aliveProbability(.init(repeats: 5, lastAt: 190, age: 200))
    let silent = model.aliveProbability(.init(repeats: 5, lastAt: 60, age: 200))
    #expect(fresh > silent && fresh <= 1 && silent >= 0)
    #expect(model.aliveProbability(.init(repeats: 0, lastAt: 0, age: 200)) == 1)
    #expect(model.expectedPurchases(.init(repeats: 5, lastAt: 190, age: 200), days: 0) < 1e-9)
  }

  @Test func `spenders are expected to spend, pulled to the mean`() throws {
    let model = try PurchaseModel(fitting: shop())
    let one = try #require(model.expectedAmount(repeats: 1, mean: 29))
    let many = try #require(model.expectedAmount(repeats: 20, mean: 29))
    #expect(one < many && many < 29.5 && one > 15)
    let bytes = model.serialized()
    #expect(try PurchaseModel(serialized: bytes) == model)
  }

  @Test func `purchases of a day count once, later ones not at all`() throws {
    let history = try PurchaseHistory(
      [
        .init(customer: 0, day: 5, quantity: 1, amount: 10), .init(customer: 0, day: 3, quantity: 2, amount: 5),
        .init(customer: 0, day: 5, quantity: 1, amount: 7), .init(customer: 0, day: 11, quantity: 1, amount: 99),
      ], customerCount: 2, cutoff: 10)
    #expect(history.summaries[0].days == [3, 5] && history.summaries[0].amounts == [5, 17])
    #expect(history.summaries[1].days.isEmpty)
    let features = try FeatureTable(history.features(of: [0, 1]))
    #expect(features["recency_days"] == .numeric([5, .nan]) || features.rowCount == 2)
  }

  @Test func `RFM gives the best five fives`() throws {
    let purchases = (0..<50).flatMap { customer in
      (0...customer / 5).map {
        PurchaseHistory.Purchase(customer: customer, day: customer * 2 - $0, quantity: 1, amount: 10)
      }
    }
    let history = try PurchaseHistory(purchases, customerCount: 51, cutoff: 100)
    let model = try RFMModel(fitting: history)
    #expect(model.score(history.summaries[49], cutoff: 100)?.code == "555")
    #expect(model.score(history.summaries[49], cutoff: 100)?.segment == "champions")
    #expect(model.score(history.summaries[0], cutoff: 100)?.code == "111")
    #expect(model.score(history.summaries[50], cutoff: 100) == nil)
    #expect(try RFMModel(serialized: model.serialized()) == model)
  }
}
