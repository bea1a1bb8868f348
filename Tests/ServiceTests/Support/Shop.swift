import BSON
import MongoDB
import MongoTesting
import Store

/// A service with a small shop's data in it, shared by the tests that only read.
enum Shop {
  private static let started: Result<RunningService, any Error> = Result {
    let running = try RunningService(try TestDatabase.fresh())
    try running.waitUntilReady()
    try fill(running)
    return running
  }

  static var running: RunningService { get throws { try started.get() } }
  static var client: TestClient { get throws { try started.get().client } }

  /// Ada shops on the web (U1) and has a loyalty card (L-1) under the same address. Bob and Bea share a telephone.
  static let adaId = IdentifierAssignment.customerId(anchoredAt: "user:U1")
  /// What Ada's id was while only her address was known.
  static let adaFormerId = IdentifierAssignment.customerId(anchoredAt: "email:ada@example.com")
  static let bobId = IdentifierAssignment.customerId(anchoredAt: "user:U2")
  static let beaId = IdentifierAssignment.customerId(anchoredAt: "user:U3")
  /// Events of Ada that are documents of their own, one a minute.
  static let adaEvents = 120

  private static func fill(_ running: RunningService) throws {
    let client = running.client
    func send(_ kind: String, _ body: String, type: String = "application/json") throws {
      let answer = client.post("/ingest/\(kind)", body, type: type)
      guard answer.status == 200, answer.json.int("rejected") == 0 else { throw NeverHappened(what: answer.text) }
    }
    try send("products", products)
    try send("customers", customers)
    try send("orders", orders)
    try send("ratings", #"[{"userId":"U1","productId":"P1","rating":4.5,"at":"2024-05-03T10:00:00Z"}]"#)
    try send("events", events)
    try send("events", rows, type: "text/csv")
    try wait(for: "the projection of the shop") {
      let ada = client.get("/customers/\(adaId)")
      return ada.json.document("activity")?.int("events") == adaEvents + 1
        && ada.json.document("features")?.int("no_of_orders") == 2
        && client.get("/customers/\(beaId)").status == 200
    }
  }

  private static let products = """
    {"products":[
    {"productId":"P1","productName":"Lamp","brand":"Lux","category":"home","price":19.9,"currency":"EUR","inStock":true,
     "colour":"red"},
    {"productId":"P2","productName":"Desk","category":"home","price":200,"currency":"EUR","inStock":false},
    {"productId":"a/b é","productName":"Odd","price":1}]}
    """

  private static let customers = """
    {"source":"crm","sourceId":"1","userId":"U1","firstName":"Ada","lastName":"Lovelace","email":"Ada@Example.com",\
    "address":{"street":"1 Main St","city":"London"},"consents":{"marketing":true},"updatedAt":"2024-01-01T00:00:00Z"}
    {"source":"card","sourceId":"L-1","loyaltyId":"L-1","firstName":"Ada","email":"ada@example.com",\
    "phone":"+1 555 010 0123","updatedAt":"2024-02-01T00:00:00Z"}
    {"source":"crm","sourceId":"2","userId":"U2","firstName":"Bob","phone":"(555) 010-0199"}
    {"source":"crm","sourceId":"3","userId":"U3","firstName":"Bea","phone":"+15550100199"}
    """.split(separator: "\n").joined(separator: ",").bracketed

  private static let orders = """
    [{"orderId":"O1","userId":"U1","orderDate":"2024-05-01T10:05:00Z","orderTotal":19.9,"currency":"EUR",
      "lineItems":[{"productId":"P1","price":19.9,"quantity":1}]},
     {"orderId":"O2","loyaltyId":"L-1","channel":"store","orderDate":"2024-05-02T10:00:00Z","orderTotal":200,
      "currency":"EUR","lineItems":[{"productId":"P2","price":200,"quantity":1}]},
     {"orderId":"O3","type":"return","userId":"U1","orderDate":"2024-05-03T10:00:00Z","orderTotal":9.9,
      "currency":"EUR","refersTo":"O1"},
     {"orderId":"O4","orderDate":"2024-05-04T10:00:00Z","orderTotal":5,"currency":"EUR"}]
    """

  private static let events = (0..<adaEvents).map { minute in
    let time = "2024-05-01T\(minute / 60 + 10):\(minute % 60 < 10 ? "0" : "")\(minute % 60):00Z"
    return #"{"eventId":"e\#(minute)","eventName":"view_item","eventTimestamp":"\#(time)","userId":"U1","#
      + #""sessionId":"s\#(minute / 30)","productId":"P\#(minute % 2 + 1)","properties":{"$set":{"a.b":1}}}"#
  }.joined(separator: "\n").split(separator: "\n").joined(separator: ",").bracketed

  /// Two rows that are one event.
  private static let rows = """
    _id,brand,category,engagementTimeMsec,eventBundleSequenceId,eventDate,eventName,eventTimestamp,gaSessionId,price,\
    productId,productName,quantity,uniqueItems,userId,variant
    r1,Lux,home,1000,7,20240502,add_to_cart,1714651200000000,s9,19.9,P1,Lamp,1,2,U1,red
    r2,Lux,home,1000,7,20240502,add_to_cart,1714651200000000,s9,200,P2,Desk,2,2,U1,
    """
}

extension String {
  fileprivate var bracketed: String { "[\(self)]" }
}
