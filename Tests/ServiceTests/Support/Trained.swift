import BSON
import MongoTesting
import Store

@testable import Service

/// A service with enough customers to train on, and one model of each kind.
enum Trained {
  static let started: Result<RunningService, any Error> = Result {
    let running = try RunningService(try TestDatabase.fresh())
    try running.waitUntilReady()
    try fill(running)
    let models = [
      ("kmeans", #""NUM_CLUSTERS":4"#), ("matrix_factorization", #""NUM_FACTORS":4,"FEEDBACK_TYPE":"IMPLICIT""#),
      ("rfm", ""),
    ]
    for (model, options) in models {
      let taken = running.client.post("/models/\(model):train", "{\"options\":{\(options)},\"seed\":7}")
      guard taken.status == 202, let job = taken.field("Location") else { throw NeverHappened(what: taken.text) }
      try wait(for: "the training of \(model)", seconds: 40) {
        let state = running.client.get(job).json
        guard state.string("state") != "failed" else { throw NeverHappened(what: running.client.get(job).text) }
        return state.string("state") == "succeeded"
      }
      try wait(for: "\(model) to serve") {
        running.client.get("/models/\(model)").json.string("servingVersionId") == "1"
      }
    }
    return running
  }

  static let customers = 60

  static func customerId(_ number: Int) -> String {
    IdentifierAssignment.customerId(anchoredAt: "user:M\(number)")
  }

  /// Four kinds of shoppers; each kind buys from products of its own.
  private static func fill(_ running: RunningService) throws {
    let client = running.client
    let products = (0..<16).map {
      #"{"productId":"p\#($0)","productName":"Product \#($0)","category":"c\#($0 / 4)","price":\#(5 + $0),"inStock":true}"#
    }
    var orders: [String] = []
    var events: [String] = []
    for customer in 0..<customers {
      let kind = customer % 4
      for number in 0...(kind * 2 + customer % 3) {
        let product = kind * 4 + (customer + number) % 4
        let day = number % 27 + 1
        let time = "2024-05-\(day < 10 ? "0" : "")\(day)T1\(customer % 10):00:00Z"
        orders.append(
          #"{"orderId":"o\#(customer)-\#(number)","userId":"M\#(customer)","orderDate":"\#(time)","#
            + #""orderTotal":\#((kind + 1) * 40 + number),"currency":"EUR","#
            + #""lineItems":[{"productId":"p\#(product)","price":10,"quantity":1}]}"#)
        events.append(
          #"{"eventId":"m\#(customer)-\#(number)","eventName":"view_item","eventTimestamp":"\#(time)","#
            + #""userId":"M\#(customer)","sessionId":"s\#(customer)-\#(number)","productId":"p\#(product)","#
            + #""engagementTimeMsec":\#(1000 * (kind + 1))}"#)
      }
    }
    for (kind, items) in [("products", products), ("orders", orders), ("events", events)] {
      let answer = client.post("/ingest/\(kind)", "[\(items.joined(separator: ","))]")
      guard answer.status == 200, answer.json.int("rejected") == 0 else { throw NeverHappened(what: answer.text) }
    }
    try wait(for: "the projection") {
      (0..<customers).allSatisfy { number in
        let wanted = number % 4 * 2 + number % 3 + 1
        let features = client.get("/customers/\(customerId(number))?fields=features").json.document("features")
        return features?.int("no_of_orders") == wanted && features?.int("session_count") == wanted
      }
    }
  }
}
