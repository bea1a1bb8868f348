import BSON
import HTTPServer
import Store

/// `/interactions/parked`: mail of senders whom no source names, as long as it waits for them.
struct ParkedInteractionRoutes: Sendable {
  let store: Store
  /// For how long mail waits; 0 for ever.
  let waitSeconds: Int
  let clock: @Sendable () -> BSONDate

  /// Messages of one sender that are looked up at a time.
  private static let pieceMax = 500

  func declare(in book: inout RouteBook) {
    book.on(.get, "/interactions/parked", .init(query: ["from"] + PageRequest.parameters)) { try list($0) }
    book.on(.delete, "/interactions/parked", .init(query: ["from"])) { try remove($0) }
  }

  private func list(_ call: Call) throws -> HTTPResponse {
    let sender = try sender(call)
    let page = try PageRequest(call.request.query, list: "interactions/parked?\(sender ?? "")")
    let found = try store.parked.list(
      ofSubject: sender, after: try Self.position(page.position), limit: page.limit + 1, deadline: call.deadline)
    let shown = found.prefix(page.limit)
    var messages: [ByteString: SourceEntry] = [:]
    for document in try store.interactions.find(ids: shown.map(\.id), deadline: call.deadline) {
      if let entry = SourceEntry(document, dated: "at") { messages[ByteString(entry.id)] = entry }
    }
    var body = ListBody()
    // What was removed since the list was read is not shown.
    for entry in shown { if let message = messages[ByteString(entry.id)] { body.append(item(entry, message)) } }
    let next = found.count > page.limit ? shown.last.map { page.cursor(after: $0.position) } : nil
    return body.response(to: call.request, nextCursor: next)
  }

  /// Everything that waits of one sender: who is no customer is forgotten this way.
  private func remove(_ call: Call) throws -> HTTPResponse {
    guard let sender = try sender(call) else {
      throw Problem.badRequest("missing_parameter", "Give the sender's address as 'from'.")
    }
    var removed = 0
    var last: ParkedInteraction?
    while true {
      let found = try store.parked.list(
        ofSubject: sender, after: last.map { ($0.since, $0.id) }, limit: Self.pieceMax, deadline: call.deadline)
      removed += try store.removeParked(found.map(\.id), at: clock(), deadline: call.deadline)
      guard found.count == Self.pieceMax else { break }
      last = found.last
    }
    return .json(
      json(of: BSONDocument { $0.append("removed", removed) }), fields: ["Cache-Control": "no-store"])
  }

  private func sender(_ call: Call) throws -> String? {
    guard let text = try call.request.query.one("from") else { return nil }
    guard let address = Identifier(.email, text) else { throw Problem.unusable("from", "an e-mail address") }
    return address.key
  }

  private func item(_ entry: ParkedInteraction, _ message: SourceEntry) -> BSONDocument {
    BSONDocument { writer in
      for element in message.document { writer.append(element) }
      writer.append("parkedAt", entry.since)
      if waitSeconds > 0 {
        let end = entry.since.millisecondsSince1970 + Int64(waitSeconds) * 1000
        writer.append("expiresAt", BSONDate(millisecondsSince1970: end))
      } else {
        writer.appendNull("expiresAt")
      }
    }
  }

  private static func position(_ document: BSONDocument?) throws(Problem) -> (since: BSONDate, id: String)? {
    guard let document else { return nil }
    guard let time = document.date("t"), let id = document.string("i") else { throw .invalidCursor }
    return (time, id)
  }
}

extension ParkedInteraction {
  /// Where it stands in the list.
  fileprivate var position: BSONDocument {
    BSONDocument {
      $0.append("t", since)
      $0.append("i", id)
    }
  }
}
