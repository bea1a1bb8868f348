import Ingestion

/// Why a pull stopped. What was stored until then is stored, and the next run goes on behind it.
public enum PullError: Error, Sendable {
  /// An option is wrong, or does not fit to what the source was before.
  case usage(String)
  /// The source cannot be reached, or refuses: its own words.
  case source(String)
  /// The database of the service.
  case ingest(IngestError)

  /// For people.
  public var message: String {
    switch self {
    case .usage(let text), .source(let text): text
    case .ingest(.store(.leaseLost)): "another process reads the source"
    case .ingest(.store(let error)): "MongoDB: \(error)"
    case .ingest(let error): "\(error)"
    }
  }
}
