import BSON
import MongoDB
import RecordLinkage
import Store

/// The model by which scored matching judges pairs, as a version in the registry: model `identity`, type `RECORD_LINKAGE`.
///
/// A scan of all records estimates it. The first version serves at once; a later one takes its place while it expects no fewer right pairs,
/// and the alias can be set back as with any model.
struct LinkageVersion: Sendable {
  static let model = "identity"
  static let type = "RECORD_LINKAGE"
  /// Versions that are kept beside those that an alias leads to.
  static let versionsKept = 5
  /// How much less expected precision a new version may have than the one that serves.
  static let precisionLossMax = 0.02

  /// `identity:3`.
  let id: String
  let scorer: LinkageScorer

  /// The version that serves; nil while none was trained. `known` is returned as it is while it still serves.
  static func serving(in store: Store, known: LinkageVersion?, deadline: Deadline) throws(StoreError) -> LinkageVersion?
  {
    let aliases = try store.registry.model(model, deadline: deadline)?.document("aliases")
    guard let number = aliases?.string("default") else { return nil }
    let id = "\(model):\(number)"
    if known?.id == id { return known }
    guard let version = try store.registry.version(id, deadline: deadline),
      let bytes = try store.registry.bytes(of: version, deadline: deadline)
    else { return nil }
    do throws(RecordLinkageError) {
      return LinkageVersion(id: id, scorer: try LinkageScorer(serialized: bytes))
    } catch {
      throw .malformedDocument(collection: "model_versions", reason: "not readable as a linkage model")
    }
  }

  /// Registers what a scan has estimated.
  static func register(
    _ matcher: Matcher, _ clusters: MatchedClusters, in store: Store, at now: BSONDate, deadline: Deadline
  ) throws(StoreError) {
    let live = try served(in: store, deadline: deadline)
    let declared = try store.registry.declare(model, type: type, at: now, deadline: deadline)
    // Somebody has trained something else under this name; that is theirs.
    guard declared?.string("type") == type else { return }
    let scorer = LinkageScorer(matcher, threshold: clusters.threshold)
    let number = try store.registry.nextVersionNumber(of: model, deadline: deadline)
    let before = live?.document("metrics")?.double("expected_precision")
    let passes = before.map { clusters.expectedPrecision >= $0 - precisionLossMax } ?? true
    let fields = BSONDocument { writer in
      writer.append("model", model)
      writer.append("version", String(number))
      writer.append("number", number)
      writer.append("type", type)
      writer.append("createdAt", now)
      writer.append("jobId", "")
      writer.append("seed", Int64(0))
      writer.append("algorithm", "Fellegi-Sunter with three kinds of pairs, estimated by EM, term frequencies")
      writer.append("options", document: { $0.append("MODEL_TYPE", type) })
      writer.append(
        "chosenByValidation", document: { $0.append("THRESHOLD_BITS", clusters.threshold) })
      writer.append(
        "data",
        document: {
          $0.append("records", matcher.ids.count)
          $0.append("pairs_compared", clusters.pairsCompared)
        })
      writer.append(
        "metrics",
        document: {
          $0.append("expected_precision", clusters.expectedPrecision)
          $0.append("match_share", scorer.matchShare)
          $0.append("clusters", clusters.count)
        })
      writer.append(
        "gate",
        document: {
          $0.append("passed", passes)
          $0.append(
            "reason",
            before == nil
              ? "it is the first version" : passes ? "it expects no fewer right pairs" : "it expects fewer right pairs")
        })
      writer.append(
        "limits",
        ["Father and son of one name at one address without birth dates cannot be told apart."])
    }
    try store.registry.add(
      "\(model):\(number)", fields: fields, bytes: scorer.serialized(), deadline: deadline)
    if passes { _ = try store.registry.publish(model, version: String(number), outputs: nil, deadline: deadline) }
    try forgetOldVersions(in: store, deadline: deadline)
  }

  private static func served(in store: Store, deadline: Deadline) throws(StoreError) -> BSONDocument? {
    guard let number = try store.registry.model(model, deadline: deadline)?.document("aliases")?.string("default")
    else { return nil }
    return try store.registry.version("\(model):\(number)", deadline: deadline)
  }

  private static func forgetOldVersions(in store: Store, deadline: Deadline) throws(StoreError) {
    let document = try store.registry.model(model, deadline: deadline)
    let used = Set(
      (document?.document("aliases") ?? BSONDocument()).compactMap(\.value.stringValue).map { "\(model):\($0)" })
    let ids = try store.registry.versions(of: model, deadline: deadline).compactMap { $0.string("_id") }
    let old = ids.dropLast(versionsKept).filter { !used.contains($0) }
    try store.registry.remove(versions: old, deadline: deadline)
  }
}
