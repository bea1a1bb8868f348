import BSON
import MachineLearning
import Store

/// A factorization as it serves: the learned factors, what their indexes mean, and what is popular.
///
/// No customer's id is part of it: a customer is folded in from what it did until now, so that the answer is never older than the
/// data, and an erased customer leaves no name behind.
struct FactorizationModel: Sendable {
  let engine: FactorizationEngine
  /// The items by number.
  let items: ProductIndex
  /// Share of the customers who did something with the item, 0...1; of ratings the damped mean rating.
  let popularity: [Float]
  /// Items, the most popular first.
  let popularityOrder: [Int32]
  /// What is popular in each segment that customers stood in at training.
  let segments: [String: SegmentPopularity]
  /// Latest source time of the data, in milliseconds since 1970: ages of interactions are measured to it.
  let latestSourceTime: Int64
  /// Whether it learned from ratings rather than from what customers did.
  var isExplicit: Bool { engine.isExplicit }

  /// The items' ids.
  var itemIDs: [String] { items.ids }

  init(
    engine: FactorizationEngine, items: ProductIndex, popularity: [Float],
    segments: [String: SegmentPopularity] = [:], latestSourceTime: Int64
  ) {
    self.engine = engine
    self.items = items
    self.popularity = popularity
    self.segments = segments
    self.latestSourceTime = latestSourceTime
    popularityOrder = popularity.indices.sorted { (-popularity[$0], $0) < (-popularity[$1], $1) }.map { Int32($0) }
  }
}

// MARK: - Bytes

extension FactorizationModel {
  private static let formatVersion = 1

  /// The model as bytes: equal models give equal bytes.
  func serialized() -> [UInt8] {
    let document = BSONDocument { writer in
      writer.append("format", Self.formatVersion)
      writer.append("feedback", isExplicit ? "EXPLICIT" : "IMPLICIT")
      writer.append("items", items.ids)
      writer.append("popularity", Self.bytes(of: popularity))
      if !segments.isEmpty {
        writer.append(
          "segments",
          segments.sorted { $0.key < $1.key }.map { id, segment in
            BSONDocument {
              $0.append("id", id)
              $0.append("items", array: { items in for item in segment.items { items.append(Int(item)) } })
              $0.append("shares", Self.bytes(of: segment.scores))
            }
          })
      }
      writer.append("model", engine.serialized())
    }
    return Array(document.bytes)
  }

  /// Reads what ``serialized()`` wrote.
  init(_ document: BSONDocument, bytes: [UInt8]) throws(MachineLearningError) {
    let content: BSONDocument
    do {
      // A gigabyte is far more than the largest model that can be trained.
      content = try BSONDocument(validating: bytes, limits: BSONLimits(documentBytesMax: 1 << 30))
    } catch {
      throw .unreadableModel("its frame is damaged")
    }
    guard content.int("format") == Self.formatVersion, let feedback = content.string("feedback"),
      let ids = content.array("items")?.compactMap(\.stringValue),
      let popularity = content.binary("popularity").map({ Self.floats(in: $0.bytes) }), popularity.count == ids.count,
      let model = content.binary("model")?.bytes
    else { throw .unreadableModel("its parts do not fit together") }
    let engine = try FactorizationEngine(serialized: model, isExplicit: feedback == "EXPLICIT")
    guard engine.itemCount == ids.count else { throw .unreadableModel("its items do not fit its factors") }
    var segments: [String: SegmentPopularity] = [:]
    for case let segment? in (content.array("segments") ?? BSONArray()).map(\.documentValue) {
      let items = (segment.array("items") ?? BSONArray()).compactMap { $0.intValue.flatMap(Int32.init(exactly:)) }
      let scores = Self.floats(in: segment.binary("shares")?.bytes ?? [])
      guard let id = segment.string("id"), items.count == scores.count,
        items.allSatisfy({ $0 >= 0 && Int($0) < ids.count })
      else { throw .unreadableModel("what is popular in a segment does not fit its items") }
      segments[id] = SegmentPopularity(items: items, scores: scores)
    }
    self.init(
      engine: engine, items: ProductIndex(ids), popularity: popularity, segments: segments,
      latestSourceTime: document.document("data")?.date("latestSourceTime")?.millisecondsSince1970 ?? 0)
  }

  private static func bytes(of values: [Float]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * 4)
    for value in values {
      let bits = value.bitPattern
      for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
    }
    return bytes
  }

  private static func floats(in bytes: [UInt8]) -> [Float] {
    stride(from: 0, to: bytes.count - bytes.count % 4, by: 4).map { start in
      var bits: UInt32 = 0
      for offset in 0..<4 { bits |= UInt32(bytes[start + offset]) << UInt32(8 * offset) }
      return Float(bitPattern: bits)
    }
  }
}
