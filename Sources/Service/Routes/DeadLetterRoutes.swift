import BSON
import HTTPServer
import Ingestion
import Store

/// `/dead-letters`: what could not be applied is listed, looked at, replayed as it came or with another content, deleted.
struct DeadLetterRoutes: Sendable {
  let store: Store
  let replay: DeadLetterReplay
  let answers: IngestAnswers

  /// Letters that one request replays at the most.
  static let replayMax = 500

  func declare(in book: inout RouteBook) {
    book.on(.get, "/dead-letters", .init(query: ["origin"] + PageRequest.parameters)) { try list($0) }
    book.on(.post, "/dead-letters:replay") { try replayAll($0) }
    book.on(.get, "/dead-letters/{id}") { call in
      conditional(json(of: try letter(call).shown), to: call.request)
    }
    book.on(.delete, "/dead-letters/{id}") { call in
      guard try store.deadLetters.remove(call.parameter("id"), deadline: call.deadline) else { throw Self.notFound }
      return .noContent
    }
    book.on(.post, "/dead-letters/{id}/replay", .init(bodyBytesMax: IngestRoutes.bodyBytesMax)) { try replayOne($0) }
  }

  private func list(_ call: Call) throws -> HTTPResponse {
    let origin = try call.request.query.words("origin", among: DeadLetter.Origin.allCases.map(\.rawValue))
    guard (origin?.count ?? 0) <= 1 else { throw Problem.unusable("origin", "one word") }
    let page = try PageRequest(call.request.query, list: "dead-letters/\(origin?.first ?? "")")
    let found = try store.deadLetters.list(
      of: origin?.first.flatMap(DeadLetter.Origin.init), after: try Self.position(page.position),
      limit: page.limit + 1, deadline: call.deadline)
    var body = ListBody()
    for letter in found.prefix(page.limit) { body.append(letter.shown) }
    let next = found.count > page.limit ? page.cursor(after: found[page.limit - 1].position) : nil
    return body.response(to: call.request, nextCursor: next)
  }

  private func replayOne(_ call: Call) throws -> HTTPResponse {
    let letter = try letter(call)
    var edited: BSONDocument?
    if !call.request.body.isEmpty {
      edited = try JSONDecoding.document(from: call.request.body.span, limits: JSONLimits(allowsNULInStrings: false))
      guard letter.origin == .pubsub else {
        throw Problem(
          .unprocessableContent, "not_editable",
          detail: "What the projection fails on is in a source: correct it there, then replay without a body.")
      }
    }
    let outcome = try replay.replay(
      letter, edited: edited, batchId: answers.newBatchId(), at: answers.clock(), deadline: call.deadline)
    switch outcome {
    case .applied(let report): return answers.ofBatch(report, IngestKind(rawValue: letter.kind) ?? .events)
    case .failed(let rejection):
      throw Problem(
        .unprocessableContent, "replay_failed", detail: "The item still cannot be applied.",
        errors: [.init(rejection, pointer: "")])
    }
  }

  /// Replays the oldest letters, one after the other, as long as there is time for it.
  private func replayAll(_ call: Call) throws -> HTTPResponse {
    let body = try ObjectBody(call.request.body, fields: ["origin", "limit", "cursor"], mayBeEmpty: true)
    let name = try body.string("origin")
    let origin = name.flatMap(DeadLetter.Origin.init)
    guard name == nil || origin != nil else {
      let words = DeadLetter.Origin.allCases.map(\.rawValue).joined(separator: ", ")
      throw Problem.invalidField("/origin", "unknown_value", "One of \(words) is expected.")
    }
    let limit = try body.integer("limit", in: 1...Self.replayMax) ?? Self.replayMax
    let list = "dead-letters:replay/\(name ?? "")"
    let cursor = try body.string("cursor")
    let start = try cursor.map { text throws(Problem) in
      guard let position = Cursor.position(in: text, ofList: list) else {
        throw Problem.invalidField("/cursor", "invalid_cursor", "This is no cursor that such a replay gave.")
      }
      return position
    }
    let letters = try store.deadLetters.list(
      of: origin, after: try Self.position(start), limit: limit + 1, deadline: call.deadline)
    var replayed = 0
    var failures: [BSONDocument] = []
    var last: DeadLetter?
    for letter in letters.prefix(limit) where call.deadline.remainingMilliseconds > Self.reserveMs {
      let outcome = try replay.replay(
        letter, batchId: answers.newBatchId(), at: answers.clock(), deadline: call.deadline)
      last = letter
      switch outcome {
      case .applied(let report):
        replayed += 1
        answers.metrics.record(report, of: IngestKind(rawValue: letter.kind) ?? .events)
      case .failed(let rejection):
        failures.append(
          BSONDocument {
            $0.append("id", letter.id)
            $0.append("code", rejection.code)
            $0.append("field", rejection.field.map { .string($0) } ?? .null)
          })
      }
    }
    let done = replayed + failures.count
    let answer = BSONDocument { answer in
      answer.append("replayed", replayed)
      answer.append("failed", failures.count)
      answer.append("errors", failures)
      let next = done < letters.count ? last.map { Cursor.text(of: $0.position, inList: list) } ?? cursor : nil
      answer.append("nextCursor", next.map { .string($0) } ?? .null)
    }
    return .json(json(of: answer), fields: ["Cache-Control": "no-store"])
  }

  /// Time that is kept for the answer, in milliseconds.
  private static let reserveMs = 2_000

  private func letter(_ call: Call) throws -> DeadLetter {
    guard let letter = try store.deadLetters.find(call.parameter("id"), deadline: call.deadline) else {
      throw Self.notFound
    }
    return letter
  }

  private static func position(_ document: BSONDocument?) throws(Problem) -> (firstAt: BSONDate, id: String)? {
    guard let document else { return nil }
    guard let time = document.date("t"), let id = document.string("i") else { throw .invalidCursor }
    return (time, id)
  }

  private static let notFound = Problem.notFound("There is no dead letter of that id.")
}

extension DeadLetter {
  /// Where the letter stands in the list.
  fileprivate var position: BSONDocument {
    BSONDocument {
      $0.append("t", firstAt ?? BSONDate(millisecondsSince1970: 0))
      $0.append("i", id)
    }
  }

  /// The letter as it is shown. An item that is a JSON object is one here too; any other is text.
  fileprivate var shown: BSONDocument {
    BSONDocument { shown in
      shown.append("id", id)
      shown.append("origin", origin.rawValue)
      shown.append("kind", kind)
      shown.append("itemId", itemId)
      shown.append("code", code)
      shown.append("field", field.map { .string($0) } ?? .null)
      if let object = try? JSONDecoding.document(from: content.span) {
        shown.append("item", object)
      } else {
        shown.append("item", content.isEmpty ? .null : .string(String(decoding: content, as: UTF8.self)))
      }
      shown.append("context", context)
      shown.append("firstAt", firstAt.map { .date($0) } ?? .null)
      shown.append("lastAt", lastAt.map { .date($0) } ?? .null)
      shown.append("attempts", attempts)
    }
  }
}
