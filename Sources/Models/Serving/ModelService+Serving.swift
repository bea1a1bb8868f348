import BSON

/// What serves now, for metrics.
public struct ServingVersion: Sendable {
  /// The model's name.
  public let model: String
  /// The version's number.
  public let version: String
  /// When it was made.
  public let createdAt: BSONDate?
}

extension ModelService {
  /// The version of each model that answers now, by name. Does not block.
  public var servingVersions: [ServingVersion] {
    state.current.models.sorted { $0.key < $1.key }.compactMap { name, entry in
      entry.serving.map {
        ServingVersion(model: name, version: $0.version, createdAt: $0.document.date("createdAt"))
      }
    }
  }
}
