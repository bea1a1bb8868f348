import BSON
import MongoTesting
import Store
import Testing

@testable import Models

@Suite("Forecasts of demand")
struct ForecastTests {
  /// Demand that follows the days of the week: so many orders on each of 84 days, twice as many of apples as of bananas.
  private func world() throws -> World {
    let world = try World()
    var rollups: [Rollup] = []
    for day in 0..<84 {
      rollups.append(
        World.rollup("c_00000", day: day) { rollup in
          let weekday = day % 7
          rollup.orders = [
            .init(
              orderId: "o\(day)", type: .purchase, channel: nil, at: rollup.lastAt, total: Double(10 * (weekday + 1)),
              currency: nil, coupon: nil,
              lines: [
                .init(productId: "a", quantity: Double(2 * (weekday + 1))),
                .init(productId: "b", quantity: Double(weekday + 1)),
              ]),
            .init(
              orderId: "r\(day)", type: .return, channel: nil, at: rollup.lastAt, total: 5, currency: nil, coupon: nil,
              lines: [.init(productId: "a", quantity: 1)]),
          ]
          // The event of the same purchase is not counted again.
          var event = Rollup.ProductActivity(productId: "a")
          event.purchasedInOrders = [.init(orderId: "o\(day)", quantity: Double(2 * (weekday + 1)))]
          rollup.products = [event]
        })
    }
    try world.set(rollups)
    try world.set(products: [("a", "Apples", 1, true), ("b", "Bananas", 1, true)])
    return world
  }

  private func forecast(_ service: ModelService, _ model: String, _ question: BSONDocument) throws -> BSONDocument {
    let answer = try service.predict(model, instances: instances([question]))
    return answer.array("predictions")?.first { _ in true }?.documentValue ?? BSONDocument()
  }

  @Test func `a pattern of weekdays goes on, beside the seasonal naive forecast`() throws {
    let service = try world().service()
    defer { service.stop() }
    let job = try service.trained("forecast", BSONDocument { $0.append("HORIZON", 14) })
    #expect(job.string("state") == "succeeded", "\(job)")
    let card = try service.card("1", ofModel: "forecast")
    #expect(card.document("options")?.string("DATA_FREQUENCY") == "DAILY")
    #expect(card.array("series")?.compactMap(\.stringValue) == ["Apples", "Bananas"])
    let answer = try forecast(service, "forecast", instance { $0.append("series", "Apples") })
    let points = answer.array("forecast")?.compactMap(\.documentValue) ?? []
    #expect(points.count == 14)
    for (step, point) in points.enumerated() {
      let expected = Double(2 * (step % 7 + 1))
      let value = point.double("forecast_value") ?? .nan
      #expect(abs(value - expected) < 0.5, "\(step): \(value)")
      #expect(point.double("seasonal_naive") == expected)
      #expect(point.date("forecast_timestamp") == World.day(84 + step))
      let (lower, upper) = (
        point.double("prediction_interval_lower_bound") ?? .nan, point.double("prediction_interval_upper_bound") ?? .nan
      )
      #expect(lower <= value && value <= upper && lower >= 0)
    }
    let evaluation = try service.evaluate("1", ofModel: "forecast")
    #expect(evaluation.double("mean_absolute_scaled_error") != nil)
    #expect(evaluation.document("baseline")?.document("seasonal_naive")?.double("mean_absolute_error") == 0)
  }

  @Test func `horizon and confidence may be asked for, series must be known`() throws {
    let service = try world().service()
    defer { service.stop() }
    try service.trained("forecast", BSONDocument { $0.append("LEVEL", "PRODUCT") })
    func width(_ confidence: Double) throws -> Double {
      let answer = try forecast(
        service, "forecast",
        instance {
          $0.append("series", "b")
          $0.append("horizon", 1)
          $0.append("confidence_level", confidence)
        })
      let point = answer.array("forecast")?.first { _ in true }?.documentValue
      return (point?.double("prediction_interval_upper_bound") ?? 0) - (point?.double("forecast_value") ?? 0)
    }
    #expect(try width(0.5) <= width(0.99))
    for (field, question) in [
      ("series", instance { $0.append("series", "none") }), ("series", BSONDocument()),
      (
        "horizon",
        instance {
          $0.append("series", "a"); $0.append("horizon", 13)
        }
      ),
      (
        "confidence_level",
        instance {
          $0.append("series", "a"); $0.append("confidence_level", 1)
        }
      ),
    ] {
      expect(throws: ErrorPattern { if case .invalidInstance(0, field, _) = $0 { true } else { false } }) {
        try service.predict("forecast", instances: instances([question]))
      }
    }
  }

  @Test func `revenue and orders are forecast in total`() throws {
    let service = try world().service()
    defer { service.stop() }
    for (measure, expected) in [("REVENUE", 10.0), ("ORDERS", 1.0)] {
      let options = BSONDocument {
        $0.append("MODEL_TYPE", "FORECAST")
        $0.append("LEVEL", "TOTAL")
        $0.append("MEASURE", measure)
        $0.append("HORIZON", 7)
      }
      let job = try service.trained(measure.lowercased(), options)
      #expect(job.string("state") == "succeeded", "\(job)")
      let answer = try forecast(service, measure.lowercased(), BSONDocument())
      let first = answer.array("forecast")?.first { _ in true }?.documentValue?.double("forecast_value") ?? .nan
      #expect(abs(first - expected) < 0.5, "\(measure) \(first)")
    }
  }

  @Test func `equal data give equal bytes, and too short ones are refused`() throws {
    let (one, two) = (try world().service(), try world().service())
    defer {
      one.stop()
      two.stop()
    }
    for service in [one, two] { try service.trained("forecast") }
    let checksums = try [one, two].map { try $0.version("1", ofModel: "forecast").string("checksum") }
    #expect(checksums[0] == checksums[1])
    let job = try one.trained("forecast", BSONDocument { $0.append("DATA_FREQUENCY", "MONTHLY") })
    #expect(job.document("error")?.string("code") == "insufficient_data", "\(job)")
  }

  @Test(arguments: [DemandSteps.daily, .weekly, .monthly])
  func `steps follow each other without gaps`(steps: DemandSteps) {
    for day in stride(from: -1000, to: 25_000, by: 1) {
      let step = steps.step(ofDay: day)
      #expect(steps.firstDay(ofStep: step) <= day && day < steps.firstDay(ofStep: step + 1))
    }
    #expect(DemandSteps.weekly.firstDay(ofStep: DemandSteps.weekly.step(ofDay: 0)) == -3)
  }
}
