import BSON
import Store

/// Reads messages of one body, one after the other.
struct SegmentReader {
  /// What stands beside the messages of a batch: `sentAt`, `context`.
  var envelope = BSONDocument()
  private let source: String
  private let receivedAt: BSONDate
  private var events: Canonicalizer
  private var records: Canonicalizer
  private let fields = FieldWriter(isTextual: false)

  init(source: String, region: PhoneRegion, receivedAt: BSONDate) {
    self.source = source
    self.receivedAt = receivedAt
    events = Canonicalizer(.events, region: region, receivedAt: receivedAt)
    records = Canonicalizer(.customers, region: region, receivedAt: receivedAt)
  }

  /// The canonical form of one message.
  mutating func message(_ message: BSONDocument, _ call: SegmentCall, at index: Int) -> DecodedMessage {
    let id = message.string("messageId").flatMap { $0.isEmpty ? nil : $0 } ?? contentId(of: message)
    do throws(Fault) {
      let times = try times(of: message)
      let event = events.item(try event(message, call, id: id, at: times.happened), at: index)
      guard case .valid = event else { return DecodedMessage(event: event, records: []) }
      var said: [ValidItem] = []
      for input in try whatIsSaid(in: message, call, updatedAt: times.said) {
        switch records.item(input, at: index) {
        case .valid(let record): said.append(record)
        case .rejected(let rejection):
          let named = Rejection(index: index, id: id, code: rejection.code, field: rejection.field)
          return DecodedMessage(event: .rejected(named), records: [])
        }
      }
      return DecodedMessage(event: event, records: said)
    } catch {
      return .rejected(index, id: id, error)
    }
  }

  /// What a message says of the person, as objects that customer records are made of.
  private func whatIsSaid(
    in message: BSONDocument, _ call: SegmentCall, updatedAt: BSONDate
  ) throws(Fault) -> [BSONDocument] {
    var inputs: [BSONDocument] = []
    if let record = try SegmentRecord(message, call, source: source) {
      inputs.append(record.input(updatedAt: updatedAt))
    }
    let consent = (message.document("context") ?? envelope.document("context"))?.document("consent")
    if let consent, let record = try SegmentConsent(message, call, consent, source: source) {
      inputs.append(record.input(updatedAt: updatedAt))
    }
    return inputs
  }

  /// A message without an id is known by what it says, whatever the order of its names and whenever it was sent.
  private func contentId(of message: BSONDocument) -> String {
    var content = BSONWriter(reservingCapacity: message.byteCount)
    appendSorted(message.filter { !$0.keyEquals("sentAt") && !$0.keyEquals("receivedAt") }, to: &content)
    return "seg_" + Digest.hexadecimal(Digest.sha256(content.finish().bytes).prefix(16))
  }

  /// When the message's event happened by our clock, and when it was said by the sender's, never later than now.
  private func times(of message: BSONDocument) throws(Fault) -> (happened: BSONDate, said: BSONDate) {
    var original: BSONDate?
    for name in ["originalTimestamp", "timestamp"] where original == nil {
      if let element = message.element(name), element.type != .null {
        original = try fields.moment(of: element, name)
      }
    }
    guard let original else { return (receivedAt, receivedAt) }
    let said = min(original, receivedAt)
    let sent = (message.element("sentAt") ?? envelope.element("sentAt")).flatMap { element in
      try? fields.moment(of: element, "sentAt")
    }
    guard let sent else { return (original, said) }
    // A sender's delay is what its clock says it is, however wrong that clock stands; it is never negative.
    let delay = max(0, sent.millisecondsSince1970 - original.millisecondsSince1970)
    let happened = BSONDate(millisecondsSince1970: receivedAt.millisecondsSince1970 - delay)
    return (happened.hasText ? happened : original, said)
  }

  // MARK: The event

  private func event(
    _ message: BSONDocument, _ call: SegmentCall, id: String, at happened: BSONDate
  ) throws(Fault) -> BSONDocument {
    let context = message.document("context") ?? envelope.document("context") ?? BSONDocument()
    let data = try data(of: message, call)
    var input = BSONWriter(reservingCapacity: message.byteCount + 256)
    input.append("_id", id)
    input.append("eventName", try eventName(of: message, call))
    input.append("eventTimestamp", happened)
    for name in ["userId", "anonymousId"] {
      if let element = message.element(name) { input.append(element) }
    }
    let traits = context.document("traits") ?? BSONDocument()
    offer(Self.personFields, from: call == .identify ? [data, traits] : [traits], to: &input)
    offer(Self.sessionFields, from: [data, context], to: &input)
    if call != .identify, call != .group { offerProducts(of: data, to: &input) }
    // The traits of a person are kept in the record, where they can be masked and corrected.
    var properties = call == .identify ? [] : Array(data)
    for element in message where isKept(element, of: call) && !data.contains(element.key) { properties.append(element) }
    if !context.isEmpty, !data.contains("context") {
      properties.append(contentsOf: BSONDocument { $0.append("context", context) })
    }
    input.append("properties", document: { inner in appendSorted(properties, to: &inner) })
    return input.finish()
  }

  /// The object that holds the publisher's data: traits of `identify` and `group`, properties of the others.
  private func data(of message: BSONDocument, _ call: SegmentCall) throws(Fault) -> BSONDocument {
    let name = call == .identify || call == .group ? "traits" : "properties"
    guard let element = message.element(name), element.type != .null else { return BSONDocument() }
    guard let data = element.value.documentValue else { throw Fault(.notAnObject, name) }
    return data
  }

  private func eventName(of message: BSONDocument, _ call: SegmentCall) throws(Fault) -> String {
    switch call {
    case .track:
      guard let element = message.element("event"), element.type != .null else { throw Fault(.required, "event") }
      guard let name = element.value.stringValue else { throw Fault(.notAString, "event") }
      guard !name.isEmpty else { throw Fault(.emptyId, "event") }
      return name
    case .alias:
      guard message.element("previousId").map({ $0.type != .null }) == true else {
        throw Fault(.required, "previousId")
      }
      return call.rawValue
    case .group:
      guard message.element("groupId").map({ $0.type != .null }) == true else { throw Fault(.required, "groupId") }
      return call.rawValue
    case .identify, .page, .screen, .batch:
      return call.rawValue
    }
  }

  /// What stands beside the data and belongs to it.
  private func isKept(_ element: BSONElement, of call: SegmentCall) -> Bool {
    switch call {
    case .page, .screen: element.keyEquals("name") || element.keyEquals("category")
    case .group: element.keyEquals("groupId")
    case .alias: element.keyEquals("previousId")
    case .track, .identify, .batch: false
    }
  }
}
