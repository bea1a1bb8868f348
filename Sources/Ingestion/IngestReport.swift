import BSON

/// What became of a batch. Every item is counted once: `received = accepted + duplicates + rejected`. Only where a batch was
/// refused as a whole, items that nothing was wrong with are counted as received alone.
public struct IngestReport: Sendable {
  /// Names the batch in logs.
  public let batchId: String
  /// Items found in the body.
  public let received: Int
  /// Items stored by this call.
  public let accepted: Int
  /// Items that were stored before, or earlier in the same batch.
  public let duplicates: Int
  /// Items that were not stored, one each, in the order of the batch.
  public let errors: [Rejection]
  /// Time from the first byte decoded to the last acknowledgement, in milliseconds.
  public let tookMs: Int

  /// Items that were not stored.
  public var rejected: Int { errors.count }

  /// A report.
  public init(
    batchId: String, received: Int, accepted: Int, duplicates: Int, errors: [Rejection], tookMs: Int
  ) {
    self.batchId = batchId
    self.received = received
    self.accepted = accepted
    self.duplicates = duplicates
    self.errors = errors
    self.tookMs = tookMs
  }

  /// The report as the API sends it.
  public var json: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(160 + errors.count * 96)
    out.append(contentsOf: "{\"batchId\":".utf8)
    JSONEncoding.append(string: batchId, to: &out)
    let counts = [
      ("received", received), ("accepted", accepted), ("duplicates", duplicates), ("rejected", rejected),
    ]
    for (name, count) in counts { out.append(contentsOf: ",\"\(name)\":\(count)".utf8) }
    out.append(contentsOf: ",\"errors\":[".utf8)
    for (position, error) in errors.enumerated() {
      if position > 0 { out.append(UInt8(ascii: ",")) }
      append(error, to: &out)
    }
    out.append(contentsOf: "],\"tookMs\":\(tookMs)}".utf8)
    return out
  }

  private func append(_ error: Rejection, to out: inout [UInt8]) {
    out.append(contentsOf: "{\"index\":\(error.index),\"id\":".utf8)
    append(error.id, to: &out)
    out.append(contentsOf: ",\"code\":".utf8)
    JSONEncoding.append(string: error.code, to: &out)
    out.append(contentsOf: ",\"field\":".utf8)
    append(error.field, to: &out)
    out.append(contentsOf: ",\"retryable\":\(error.retryable)}".utf8)
  }

  private func append(_ text: String?, to out: inout [UInt8]) {
    if let text {
      JSONEncoding.append(string: text, to: &out)
    } else {
      out.append(contentsOf: "null".utf8)
    }
  }
}
