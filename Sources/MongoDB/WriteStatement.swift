import BSON

/// One statement of a batch of writes.
public struct WriteStatement: Sendable {
  enum Kind: Hashable {
    case updateOne
    case updateMany
    case deleteOne
    case deleteMany
  }

  let kind: Kind
  /// The statement as the server takes it.
  let body: BSONDocument
  /// The code under which it is refused without being sent.
  let problem: Int?

  /// Changes the first document that matches (all, when `multi`) by update operators.
  public static func update(
    filter: BSONDocument, update: BSONDocument, upsert: Bool = false, multi: Bool = false,
    arrayFilters: [BSONDocument] = []
  ) -> WriteStatement {
    let body = BSONDocument { writer in
      writer.append("q", filter)
      writer.append("u", update)
      if upsert { writer.append("upsert", true) }
      if multi { writer.append("multi", true) }
      if !arrayFilters.isEmpty { writer.append("arrayFilters", arrayFilters) }
    }
    // Without an operator the server would replace the document.
    return WriteStatement(
      kind: multi ? .updateMany : .updateOne, body: body, problem: update.beginsWithOperator ? nil : 9)
  }

  /// Changes the first document that matches (all, when `multi`) by an aggregation pipeline.
  public static func updatePipeline(
    filter: BSONDocument, pipeline: [BSONDocument], upsert: Bool = false, multi: Bool = false
  ) -> WriteStatement {
    let body = BSONDocument { writer in
      writer.append("q", filter)
      writer.append("u", pipeline)
      if upsert { writer.append("upsert", true) }
      if multi { writer.append("multi", true) }
    }
    return WriteStatement(kind: multi ? .updateMany : .updateOne, body: body, problem: nil)
  }

  /// Replaces the first document that matches. A replacement whose first key begins with `$` is refused: the server would
  /// run it as an operator.
  public static func replace(
    filter: BSONDocument, with replacement: BSONDocument, upsert: Bool = false
  ) -> WriteStatement {
    let body = BSONDocument { writer in
      writer.append("q", filter)
      writer.append("u", replacement)
      if upsert { writer.append("upsert", true) }
    }
    return WriteStatement(kind: .updateOne, body: body, problem: replacement.beginsWithOperator ? 52 : nil)
  }

  /// Removes the first document that matches; all, when `multi`.
  public static func delete(filter: BSONDocument, multi: Bool = false) -> WriteStatement {
    let body = BSONDocument { writer in
      writer.append("q", filter)
      writer.append("limit", multi ? 0 : 1)
    }
    return WriteStatement(kind: multi ? .deleteMany : .deleteOne, body: body, problem: nil)
  }
}

extension WriteStatement.Kind {
  var isDelete: Bool { self == .deleteOne || self == .deleteMany }

  /// The server numbers single writes only. Deleting all that match is as good twice; updating all may not be.
  var retry: Command.Retry {
    switch self {
    case .updateOne, .deleteOne: .numbered
    case .deleteMany: .idempotent
    case .updateMany: .never
    }
  }
}

extension BSONDocument {
  /// Whether the first key begins with `$`.
  var beginsWithOperator: Bool {
    var fields = makeIterator()
    return fields.next()?.keyBytes.first == UInt8(ascii: "$")
  }
}
