import BSON
import HTTPServer
import Ingestion
import Store

/// What the routes that take data in have in common: ids of batches, counts, answers.
struct IngestAnswers: Sendable {
  let metrics: IngestMetrics
  let idempotency: Idempotency
  let throttle: IntakeThrottle
  let clock: @Sendable () -> BSONDate

  /// A new name of a batch.
  func newBatchId() -> String {
    // Two draws: each is a call of the system.
    let (high, low) = (UInt64.random(in: .min ... .max), UInt32.random(in: .min ... .max))
    var bytes: [UInt8] = []
    bytes.reserveCapacity(12)
    for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: high >> UInt64(shift))) }
    for shift in stride(from: 24, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: low >> UInt32(shift))) }
    return "batch_" + Digest.hexadecimal(bytes)
  }

  /// Answers a request that takes items in: when the projection keeps up, and once for each `Idempotency-Key`.
  func take(_ call: Call, by body: () throws -> HTTPResponse) throws -> HTTPResponse {
    try throttle.admit()
    return try idempotency.answer(call, by: body)
  }

  /// The answer to a batch: 200, whatever became of single items.
  func ofBatch(_ report: IngestReport, _ kind: IngestKind) -> HTTPResponse {
    metrics.record(report, of: kind)
    throttle.took(items: report.received)
    return .json(report.json, fields: ["Cache-Control": "no-store"])
  }

  /// The answer to one item, which is the request: 400 when it was refused, 503 when it may pass another time.
  func ofOne(_ report: IngestReport, _ kind: IngestKind) throws(Problem) -> HTTPResponse {
    guard let rejection = report.errors.first else { return ofBatch(report, kind) }
    metrics.record(report, of: kind)
    if rejection.retryable { throw .databaseUnavailable }
    let isTooLarge = [FaultCode.messageTooLarge, .documentTooLarge].contains { $0.rawValue == rejection.code }
    throw Problem(
      isTooLarge ? .contentTooLarge : .badRequest, isTooLarge ? rejection.code : "item_rejected",
      detail: "The item cannot be stored.",
      errors: [Problem.Item(rejection, pointer: "")])
  }
}

extension Problem.Item {
  /// What was wrong with an item.
  init(_ rejection: Rejection, pointer: String) {
    self.init(
      pointer: pointer, code: rejection.code, detail: "The item cannot be stored.",
      field: rejection.field.map(shortened), index: rejection.index)
  }
}
