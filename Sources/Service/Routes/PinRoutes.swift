import BSON
import HTTPServer
import Identity
import Ingestion
import Projection
import Store

/// Values that people hold fast in a customer's golden record, and taking them back.
struct PinRoutes: Sendable {
  let store: Store
  let directory: CustomerDirectory
  let decoder: BatchDecoder
  let clock: @Sendable () -> BSONDate

  /// Pins of one customer at the most, those that were taken back too.
  static let pinsMax = 1_000
  /// What of a customer says on which identifiers its pins stand.
  private static let fields = ["identifiers", "records"]

  func declare(in book: inout RouteBook) {
    book.on(.get, "/customers/{id}/pins", .init(query: PageRequest.parameters)) { try list($0) }
    book.on(.post, "/customers/{id}/pins") { try pin($0) }
    book.on(.post, "/identity/pins/{id}/undo") { try undo($0) }
  }

  private func pin(_ call: Call) throws -> HTTPResponse {
    let body = try ObjectBody(call.request.body, fields: ["field", "value"] + Act.fields)
    guard let field = try body.string("field") else {
      throw Problem.invalidField("/field", "required", "The field 'field' is required.")
    }
    let value = try value(body.members(["value"])["value"], of: field)
    let act = try Act.parse(body, call, at: clock())
    let (customer, current) = try directory.customer(
      call.parameter("id"), fields: Self.fields, deadline: call.deadline)
    guard let identifier = Self.anchor(of: customer, current) else { throw Problem.internalFault }
    let known = try store.pins.of(PastCustomer.identifiers(of: customer), deadline: call.deadline)
    guard known.count < Self.pinsMax else {
      throw Problem(.conflict, "too_many_pins", detail: "A customer has at most \(Self.pinsMax) pins.")
    }
    var generator = SystemRandomNumberGenerator()
    let pin = PinnedValue(
      id: PinnedValue.newId(using: &generator), identifier: identifier, field: field, value: value, made: act)
    try store.pins.add(pin, deadline: call.deadline)
    return .json(
      json(of: Self.document(pin, customerId: current, call)), status: .created,
      fields: ["Cache-Control": "no-store"])
  }

  /// A value as a source record would have it: what no source may say nobody may pin.
  private func value(_ given: BSONValue?, of field: String) throws -> BSONValue {
    let isAttribute = field.hasPrefix(SurvivorshipRules.attributePrefix)
    let name = isAttribute ? String(field.dropFirst(SurvivorshipRules.attributePrefix.count)) : field
    guard SurvivorshipRules.singleFields.contains(field) || isAttribute && !name.isEmpty else {
      let known = SurvivorshipRules.singleFields.joined(separator: ", ")
      throw Problem.invalidField("/field", "unknown_field", "Known are \(known) and attributes.NAME.")
    }
    guard let given, given != .null else {
      throw Problem.invalidField("/value", "required", "The field 'value' is required.")
    }
    let record = BSONDocument { writer in
      writer.append("source", "pin")
      writer.append("sourceId", "pin")
      if isAttribute {
        writer.append("attributes", document: { $0.append(name, given) })
      } else {
        writer.append(field, given)
      }
    }
    switch try decoder.canonicalize(.customers, [record], receivedAt: clock())[0] {
    case .valid(let item):
      let value = isAttribute ? item.document.document("attributes")?[name] : item.document[field]
      guard let value else { throw Problem.invalidField("/value", "empty", "The value says nothing.") }
      return value
    case .rejected(let rejection):
      throw Problem.invalidField("/value", rejection.code, "A source could not say this either.")
    }
  }

  private func undo(_ call: Call) throws -> HTTPResponse {
    let body = try ObjectBody(call.request.body, fields: Act.fields)
    let id = call.parameter("id")
    guard let pin = try store.pins.find(ids: [id], deadline: call.deadline).first else {
      throw Problem.notFound("There is no pin of that id.")
    }
    let act = try Act.parse(body, call, at: clock())
    guard let undone = try store.pins.undo(pin.id, by: act, deadline: call.deadline) else {
      throw Problem(.conflict, "already_undone", detail: "This was taken back before.")
    }
    let owner = try store.projections.customerId(of: pin.identifier.key, deadline: call.deadline)
    return .json(
      json(of: Self.document(undone, customerId: owner, call)),
      fields: ["Cache-Control": "no-store"])
  }

  private func list(_ call: Call) throws -> HTTPResponse {
    let id = call.parameter("id")
    let page = try PageRequest(call.request.query, list: "pins/\(id)")
    let (customer, current) = try directory.customer(id, fields: Self.fields, deadline: call.deadline)
    let pins = try store.pins.of(PastCustomer.identifiers(of: customer), deadline: call.deadline)
    return try page.response(
      with: pins.map { Self.document($0, customerId: current, call) }, key: "id", to: call.request
    ).located(at: current, askedFor: id, suffix: "/pins")
  }

  /// The identifier that the customer's id is made of.
  private static func anchor(of customer: BSONDocument, _ id: String) -> Identifier? {
    PastCustomer.identifiers(of: customer).first { IdentifierAssignment.customerId(anchoredAt: $0.key) == id }
  }

  private static func document(_ pin: PinnedValue, customerId: String?, _ call: Call) -> BSONDocument {
    // The mask goes by the names of fields.
    let shown = call.personalData.shown(BSONDocument { $0.append(pin.field, pin.value) })[pin.field] ?? .null
    return BSONDocument { writer in
      writer.append("id", pin.id)
      writer.append("state", pin.undone == nil ? "active" : "undone")
      if let customerId { writer.append("customerId", customerId) } else { writer.appendNull("customerId") }
      writer.append("field", pin.field)
      writer.append("value", shown)
      writer.append("actor", pin.made.actor)
      writer.append("reason", pin.made.reason)
      writer.append("createdAt", pin.made.at)
      writer.append(undone: pin.undone)
    }
  }
}
