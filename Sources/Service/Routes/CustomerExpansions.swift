import BSON
import HTTPServer
import Models
import Store

/// What `expand` puts into a customer: each as its own route shows it, a list as its first page.
struct CustomerExpansions: Sendable {
  let history: CustomerHistoryRoutes
  let outputs: CustomerOutputRoutes

  /// What can be expanded.
  static let names = ["orders", "events", "interactions", "recommendations", "segments", "scores"]

  /// Opens the closed object in `json` again and appends a member an expansion.
  func append(_ names: [String], ofCustomer id: String, _ call: Call, to json: inout [UInt8]) throws {
    json.removeLast()
    for name in names {
      json.append(contentsOf: ",\"\(name)\":".utf8)
      json.append(contentsOf: try member(name, ofCustomer: id, call))
    }
    json.append(UInt8(ascii: "}"))
  }

  private func member(_ name: String, ofCustomer id: String, _ call: Call) throws -> [UInt8] {
    switch name {
    case "orders": try history.firstOrders(of: id, call)
    case "events": try history.firstEvents(of: id, call)
    case "interactions": try history.firstInteractions(of: id, call)
    case "segments": try outputs.segments(of: id, call)
    case "scores": try outputs.scores(of: id, call)
    default: try outputs.recommendations(of: id, call)
    }
  }
}
