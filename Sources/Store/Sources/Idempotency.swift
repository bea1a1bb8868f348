import BSON
import MongoDB

/// What a request with an `Idempotency-Key` found under its key.
public enum IdempotencyClaim: Sendable {
  /// Nobody has answered it: the caller is to, and to say so under this owner.
  case granted(owner: String)
  /// It was answered before: the answer's status and body.
  case answered(status: Int, body: [UInt8])
  /// Another request with the key is at work.
  case inProgress
  /// The key was used for another request.
  case otherRequest
}

extension Store {
  /// How long an answer is kept.
  public static let idempotencySeconds = 86_400

  /// Claims a key for one request, by one conditional update on the server's clock: of any number of callers one is granted
  /// it. A claim that was not settled within `leaseMilliseconds` (its service died) can be granted again.
  ///
  /// - Parameters:
  ///   - key: The caller's key, made unique among callers and routes.
  ///   - request: A digest of what the request asks for.
  ///   - owner: A name that no other claim has.
  public func claimIdempotencyKey(
    _ key: String, request: String, owner: String, leaseMilliseconds: Int, deadline: Deadline
  ) throws(StoreError) -> IdempotencyClaim {
    let isFree = Expression.all(
      .isMissing("status"), .equal(.field("request"), .text(request)),
      .any(.isMissing("until"), .less(.field("until"), .now)))
    func granted(_ then: Expression, else other: String) -> Expression {
      .choose(if: .field("granted"), then, else: .field(other))
    }
    let stages = [
      setStage(["createdAt": .field("createdAt", or: .now), "request": .field("request", or: .text(request))]),
      setStage(["granted": isFree]),
      setStage([
        "owner": granted(.text(owner), else: "owner"),
        "until": granted(.sum(.now, Expression(leaseMilliseconds)), else: "until"),
      ]),
    ]
    let record: BSONDocument?
    do throws(MongoError) {
      record = try idempotencyKeys.findAndModify(
        filter: identity(key), update: .pipeline(stages), upsert: true, returnNew: true, deadline: deadline)
    } catch .duplicateKey {
      // Two made it at the same moment; the other one has it.
      return .inProgress
    } catch {
      throw .database(error)
    }
    guard let record else { return .inProgress }
    if record.string("request") != request { return .otherRequest }
    if let status = record.int("status") {
      return .answered(status: status, body: record.binary("body")?.bytes ?? [])
    }
    return record.bool("granted") == true && record.string("owner") == owner ? .granted(owner: owner) : .inProgress
  }

  /// Keeps the answer to a claimed request. False when the claim went to another meanwhile.
  public func settleIdempotencyKey(
    _ key: String, owner: String, status: Int, body: [UInt8], deadline: Deadline
  ) throws(StoreError) -> Bool {
    let answer = BSONDocument {
      $0.append(
        "$set",
        document: {
          $0.append("status", status)
          $0.append("body", BSONBinary(body))
        })
    }
    return try storing {
      try idempotencyKeys.write(
        [.update(filter: claimed(key, by: owner), update: answer, upsert: false, multi: false)], deadline: deadline
      ).confirmed()
    }.matchedCount == 1
  }

  /// Gives a claim back, so that the request can be made again at once.
  public func releaseIdempotencyKey(_ key: String, owner: String, deadline: Deadline) throws(StoreError) {
    _ = try storing {
      try idempotencyKeys.write([.delete(filter: claimed(key, by: owner), multi: false)], deadline: deadline)
        .confirmed()
    }
  }

  static let idempotencyIndexes = [
    IndexDefinition(keys: ascending("createdAt"), expireAfterSeconds: idempotencySeconds)
  ]

  private func claimed(_ key: String, by owner: String) -> BSONDocument {
    BSONDocument {
      $0.append("_id", key)
      $0.append("owner", owner)
    }
  }
}
