import BSON

/// Free functions over a server's reply in the driver's buffer.
enum Reply {
  /// Whether the server says `ok: 1`.
  static func isOK(_ reply: borrowing Span<UInt8>) -> Bool {
    number("ok", reply) == 1
  }

  /// A top-level number.
  static func number(_ name: StaticString, _ reply: borrowing Span<UInt8>) -> Int? {
    BSONScan.field(named: name, of: 0..<reply.count, in: reply).flatMap { BSONScan.int($0, in: reply) }
  }

  /// Whether there is a top-level field of that name.
  static func has(_ name: StaticString, _ reply: borrowing Span<UInt8>) -> Bool {
    BSONScan.field(named: name, of: 0..<reply.count, in: reply) != nil
  }

  /// The error of a reply that says `ok: 0`.
  static func error(_ reply: borrowing Span<UInt8>) -> MongoError {
    let document = BSONDocument(copying: reply)
    return MongoError(
      code: document.int("code") ?? 0, codeName: document.string("codeName") ?? "",
      labels: document.array("errorLabels")?.compactMap(\.stringValue) ?? [])
  }

  /// The code of a write concern error, nil when there is none.
  static func writeConcernError(_ reply: BSONDocument) -> Int? {
    reply.document("writeConcernError").map { $0.int("code") ?? 0 }
  }
}

extension MongoError {
  /// The error for a server's code: the one table.
  init(code: Int, codeName: String, labels: [String]) {
    self =
      switch code {
      case ServerCode.maxTimeExpired: .deadlineExceeded
      case ServerCode.duplicateKey: .duplicateKey
      case ServerCode.writeConflict: .writeConflict
      case ServerCode.tooLarge: .tooLarge
      case _ where ServerCode.isLostStream(code): .changeStreamHistoryLost
      case _ where ServerCode.isNotPrimary(code): .unavailable(.noPrimary)
      case 18, 8000: .unavailable(.authentication)
      default: .command(code: code, codeName: codeName, labels: labels)
      }
  }
}
