import BSON
import HTTPServer
import MongoDB
import Store

/// `GET /customers/{id}`.
struct CustomerRoutes: Sendable {
  let store: Store
  let expansions: CustomerExpansions

  func declare(in book: inout RouteBook) {
    book.on(.get, "/customers/{id}", .init(query: ["fields", "expand"])) { try customer($0) }
  }

  /// The customer's bytes go from the driver's buffer to JSON without anything between; only an expansion or a mask
  /// needs the document.
  private func customer(_ call: Call) throws -> HTTPResponse {
    let query = call.request.query
    let selection = CustomerView.selection(of: try query.words("fields", among: CustomerView.selectableFields))
    let expanded = try query.words("expand", among: CustomerExpansions.names) ?? []
    let id = call.parameter("id")

    var json: [UInt8] = []
    json.reserveCapacity(8192)
    var current = id
    if try !append(id, selection, call, to: &json) {
      guard let moved = try store.projections.currentCustomerId(for: id, deadline: call.deadline),
        try append(moved, selection, call, to: &json)
      else { throw CustomerDirectory.notFound }
      current = moved
    }
    if !expanded.isEmpty { try expansions.append(expanded, ofCustomer: current, call, to: &json) }
    return conditional(json, to: call.request).located(at: current, askedFor: id)
  }

  private func append(
    _ id: String, _ selection: JSONFieldSelection, _ call: Call, to json: inout [UInt8]
  ) throws -> Bool {
    switch call.personalData {
    case .full:
      return try store.projections.withCustomer(id, deadline: call.deadline) { bytes in
        try JSONEncoding.append(document: bytes, selection: selection, to: &json)
      }
    case .masked:
      guard let document = try store.projections.customer(id, deadline: call.deadline) else { return false }
      JSONEncoding.append(call.personalData.shown(document), selection: selection, to: &json)
      return true
    }
  }
}
