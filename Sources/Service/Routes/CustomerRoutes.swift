import BSON
import HTTPServer
import MongoDB
import Store

/// `GET /customers/{id}`.
struct CustomerRoutes: Sendable {
  let store: Store
  let expansions: CustomerExpansions
  let provenance: CustomerProvenance

  func declare(in book: inout RouteBook) {
    book.onGathered(
      .get, "/customers/{id}", .init(query: ["fields", "expand"] + CustomerProvenance.parameters),
      takes: { request in
        (["expand"] + CustomerProvenance.parameters).allSatisfy { request.query.first($0) == nil }
      }, together: { try customers($0) }, handler: { try customer($0) })
  }

  /// Customers that are asked for at the same time, by one question to the database. An id that is none, or no longer, is
  /// left to be followed alone.
  private func customers(_ calls: [Call]) throws -> [HTTPResponse?] {
    // By bytes, as the database compares: two spellings of one letter are two ids.
    var positions: [ByteString: [Int]] = [:]
    for (position, call) in calls.enumerated() {
      positions[ByteString(call.parameter("id")), default: []].append(position)
    }
    var responses = [HTTPResponse?](repeating: nil, count: calls.count)
    guard let deadline = calls.map(\.deadline).min() else { return responses }
    try store.projections.withCustomers(positions.keys.map(\.string), deadline: deadline) { id, bytes in
      for position in positions[ByteString(id)] ?? [] {
        let call = calls[position]
        var json: [UInt8] = []
        json.reserveCapacity(bytes.count * 2)
        guard let selection = try? selection(of: call) else { continue }
        try append(bytes, selection, call, to: &json)
        responses[position] = conditional(json, to: call.request)
      }
    }
    return responses
  }

  /// A customer with what it is expanded by, also under an id that it had before.
  private func customer(_ call: Call) throws -> HTTPResponse {
    let selection = try selection(of: call)
    let expanded = try call.request.query.words("expand", among: CustomerExpansions.names) ?? []
    let id = call.parameter("id")
    let moment = try CustomerProvenance.moment(call.request.query)
    if try call.request.query.bool("provenance") ?? false || moment != nil {
      return try explained(id, at: moment, selection, expanded, call)
    }

    var json: [UInt8] = []
    json.reserveCapacity(8192)
    let current = try append(currentOf: id, selection, call, to: &json)
    if !expanded.isEmpty { try expansions.append(expanded, ofCustomer: current, call, to: &json) }
    return conditional(json, to: call.request).located(at: current, askedFor: id)
  }

  /// Appends the customer to whom an id leads now and returns its id; 404 when there is none.
  private func append(
    currentOf id: String, _ selection: JSONFieldSelection, _ call: Call, to json: inout [UInt8]
  ) throws -> String {
    for _ in 0..<CustomerDirectory.looksMax {
      if try append(id, selection, call, to: &json) { return id }
      guard let moved = try store.currentCustomerId(for: id, deadline: call.deadline) else { break }
      if try append(moved, selection, call, to: &json) { return moved }
    }
    throw CustomerDirectory.notFound
  }

  /// A customer as it stood at a moment, or with where its fields come from, or both.
  private func explained(
    _ id: String, at moment: BSONDate?, _ selection: JSONFieldSelection, _ expanded: [String], _ call: Call
  ) throws -> HTTPResponse {
    guard let current = try store.currentCustomerId(for: id, deadline: call.deadline),
      let present = try store.projections.customer(current, deadline: call.deadline)
    else { throw CustomerDirectory.notFound }
    let document = try moment.map { try provenance.document(of: present, at: $0, call) } ?? present
    var json: [UInt8] = []
    JSONEncoding.append(call.personalData.shown(document), selection: selection, to: &json)
    if try call.request.query.bool("provenance") ?? false {
      json.removeLast()
      json.append(contentsOf: ",\"provenance\":".utf8)
      JSONEncoding.append(try provenance.provenance(of: document, at: moment, call), to: &json)
      json.append(UInt8(ascii: "}"))
    }
    if !expanded.isEmpty { try expansions.append(expanded, ofCustomer: current, call, to: &json) }
    return conditional(json, to: call.request).located(at: current, askedFor: id)
  }

  private func selection(of call: Call) throws -> JSONFieldSelection {
    CustomerView.selection(of: try call.request.query.words("fields", among: CustomerView.selectableFields))
  }

  private func append(
    _ id: String, _ selection: JSONFieldSelection, _ call: Call, to json: inout [UInt8]
  ) throws -> Bool {
    try store.projections.withCustomer(id, deadline: call.deadline) { bytes in
      try append(bytes, selection, call, to: &json)
    }
  }

  /// The customer's bytes go from the driver's buffer to JSON without anything between; only a mask needs the document.
  private func append(
    _ bytes: borrowing Span<UInt8>, _ selection: JSONFieldSelection, _ call: Call, to json: inout [UInt8]
  ) throws {
    switch call.personalData {
    case .full: try JSONEncoding.append(document: bytes, selection: selection, to: &json)
    case .masked:
      let document = BSONDocument(copying: bytes)
      JSONEncoding.append(call.personalData.shown(document), selection: selection, to: &json)
    }
  }
}
