import BSON
import MachineLearning

/// Predicts one instance of a clustering from the bytes of a request to the bytes of its answer: no document, table or matrix between,
/// and no allocation but the answer's.
///
/// It takes a call of one instance whose fields are the model's features, plainly written. Anything else is nil: the ordinary way answers
/// it, with the same bytes where this one would, and with the error where the call is wrong.
struct InstantPrediction: Sendable {
  /// A set of features fits one word.
  private static let featuresMax = 128

  private let ranking: CentroidRanking
  private let names: [[UInt8]]
  /// What follows the prediction: the model's identity.
  private let tail: [UInt8]

  /// - Parameter identity: the fields that name the version in an answer.
  init?(_ model: KMeansModel, identity: BSONDocument) {
    guard model.encoder.names.count <= Self.featuresMax, !model.encoder.names.contains("customerId"),
      !model.encoder.names.contains("userId")
    else { return nil }
    ranking = CentroidRanking(model)
    names = model.encoder.names.map { Array($0.utf8) }
    var fields: [UInt8] = []
    JSONEncoding.append(identity, to: &fields)
    tail = Array("}],".utf8) + fields.dropFirst()
  }

  /// The answer to a call, as JSON.
  func answer(_ body: [UInt8]) -> [UInt8]? {
    // The row lives on the stack until the answer is written, and every value of it is set before it is read.
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: ranking.width) { buffer in
      unsafe buffer.initialize(repeating: 0)
      var row = unsafe buffer.mutableSpan
      guard let missing = read(body.span, into: &row) else { return nil }
      return ranked(&row, missing)
    }
  }

  private func ranked(_ row: inout MutableSpan<Float>, _ missing: UInt128) -> [UInt8]? {
    let count = ranking.clusterCount
    // As above: `rank` sets as many as there are clusters.
    return unsafe withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { buffer in
      unsafe buffer.initialize(repeating: 0)
      var distances = unsafe buffer.mutableSpan
      // As above.
      return unsafe withUnsafeTemporaryAllocation(of: Int.self, capacity: count) { buffer in
        unsafe buffer.initialize(repeating: 0)
        var ids = unsafe buffer.mutableSpan
        ranking.rank(&row, distances: &distances, ids: &ids)
        // Numbers beyond Float32 have no order.
        guard distances[count - 1].isFinite else { return nil }
        return written(distances.span, ids.span, missing)
      }
    }
  }

  // MARK: Reading

  /// Reads `{"instances":[{feature: value, …}]}` into a row. Returns the features that are missing.
  private func read(_ json: borrowing Span<UInt8>, into row: inout MutableSpan<Float>) -> UInt128? {
    var reader = JSONPlainReader()
    guard reader.take(UInt8(ascii: "{"), json), let key = reader.string(json),
      Self.equal(json, key, Self.instances), reader.take(UInt8(ascii: ":"), json),
      reader.take(UInt8(ascii: "["), json), reader.take(UInt8(ascii: "{"), json)
    else { return nil }
    var seen: UInt128 = 0
    var missing: UInt128 = 0
    var expected = 0
    if !reader.take(UInt8(ascii: "}"), json) {
      repeat {
        guard let key = reader.string(json), let feature = feature(json, key, expected: expected),
          seen >> UInt128(feature) & 1 == 0, reader.take(UInt8(ascii: ":"), json)
        else { return nil }
        seen |= 1 << UInt128(feature)
        expected = feature + 1
        guard let isMissing = read(feature, json, &reader, into: &row) else { return nil }
        if isMissing { missing |= 1 << UInt128(feature) }
      } while reader.take(UInt8(ascii: ","), json)
      guard reader.take(UInt8(ascii: "}"), json) else { return nil }
    }
    guard reader.take(UInt8(ascii: "]"), json), reader.take(UInt8(ascii: "}"), json), reader.next(json) == nil
    else { return nil }
    for feature in names.indices where seen >> UInt128(feature) & 1 == 0 {
      missing |= 1 << UInt128(feature)
      setMissing(feature, &row)
    }
    return missing
  }

  /// Reads one value. Returns whether it is null; nil, when it does not fit.
  private func read(
    _ feature: Int, _ json: borrowing Span<UInt8>, _ reader: inout JSONPlainReader, into row: inout MutableSpan<Float>
  ) -> Bool? {
    if reader.take(word: "null", json) {
      setMissing(feature, &row)
      return true
    }
    if ranking.isNumeric(feature) {
      guard let value = reader.number(json) else { return nil }
      ranking.set(feature, to: value, in: &row)
    } else if reader.take(word: "true", json) {
      ranking.set(feature, toCategory: "true", in: &row)
    } else if reader.take(word: "false", json) {
      ranking.set(feature, toCategory: "false", in: &row)
    } else {
      guard let text = reader.string(json) else { return nil }
      guard let utf8 = try? UTF8Span(validating: json.extracting(text)) else { return nil }
      ranking.set(feature, toCategory: String(copying: utf8), in: &row)
    }
    return false
  }

  private func setMissing(_ feature: Int, _ row: inout MutableSpan<Float>) {
    if ranking.isNumeric(feature) {
      ranking.set(feature, to: .nan, in: &row)
    } else {
      ranking.set(feature, toCategory: nil, in: &row)
    }
  }

  /// The feature of a name: clients mostly send them in one order, which is tried first.
  private func feature(_ json: borrowing Span<UInt8>, _ key: Range<Int>, expected: Int) -> Int? {
    if expected < names.count, Self.equal(json, key, names[expected]) { return expected }
    for feature in names.indices where Self.equal(json, key, names[feature]) { return feature }
    return nil
  }

  private static let instances = Array("instances".utf8)

  private static func equal(_ json: borrowing Span<UInt8>, _ range: Range<Int>, _ name: [UInt8]) -> Bool {
    guard range.count == name.count else { return false }
    for offset in name.indices where json[range.lowerBound + offset] != name[offset] { return false }
    return true
  }

  // MARK: Writing

  private static let head = Array(#"{"predictions":[{"nearest_centroid_id":"#.utf8)
  private static let distancesKey = Array(#","centroid_distances":"#.utf8)
  private static let idsKey = Array(#","centroid_ids":"#.utf8)
  private static let imputedKey = Array(#","imputed":["#.utf8)

  private func written(
    _ distances: borrowing Span<Double>, _ ids: borrowing Span<Int>, _ missing: UInt128
  ) -> [UInt8] {
    var out: [UInt8] = []
    // One growth for all: the encoder asks for twice what it expects, and some.
    out.reserveCapacity(1024 + 64 * ids.count)
    out += Self.head
    out += String(ids[0]).utf8
    out += Self.distancesKey
    JSONEncoding.append(doubles: distances, to: &out)
    out += Self.idsKey
    JSONEncoding.append(integers: ids, to: &out)
    if missing != 0 {
      out += Self.imputedKey
      for feature in names.indices where missing >> UInt128(feature) & 1 == 1 {
        if out.last != UInt8(ascii: "[") { out.append(UInt8(ascii: ",")) }
        JSONEncoding.append(string: String(decoding: names[feature], as: UTF8.self), to: &out)
      }
      out.append(UInt8(ascii: "]"))
    }
    out += tail
    return out
  }
}
