import BSON
import HTTPServer
import Models
import Projection
import Store

/// Everything that `GET /metrics` shows, gathered when it is asked for.
struct ServiceMetrics: Sendable {
  let requests: RequestMetrics
  let ingest: IngestMetrics
  let health: HealthMonitor
  let server: HTTPServer
  let store: Store
  let models: ModelService
  let projection: @Sendable () -> ProjectionStatus?
  let matching: @Sendable () -> MatchStatus?
  let pulls: @Sendable () -> [PullActivity]
  let clock: @Sendable () -> BSONDate

  func text() -> [UInt8] {
    var text = PrometheusText()
    text.begin("customer360_build_info", .gauge, "Always 1; the label says which version runs.")
    text.sample(1, [("version", ServiceVersion.current)])
    requests.append(to: &text)
    appendServer(to: &text)
    ingest.append(to: &text)
    appendProjection(to: &text)
    appendMatching(to: &text)
    text.append(pulls())
    appendModels(to: &text)
    appendDatabase(to: &text)
    ProcessMetrics.append(to: &text)
    return text.bytes
  }

  private func appendServer(to text: inout PrometheusText) {
    let counters = server.counters
    text.single(
      "http_server_active_requests", .gauge, "Requests that are in a handler or wait for one.",
      Double(requests.active + counters.workerQueueDepth))
    text.single(
      "http_server_open_connections", .gauge, "Open connections.", Double(counters.connectionsOpen))
    text.single(
      "http_server_connections_total", .counter, "Connections accepted.", Double(counters.connectionsAccepted))
    text.single(
      "http_server_connections_refused_total", .counter, "Connections refused at a limit.",
      Double(counters.connectionsRefused))
    text.single("http_server_timeouts_total", .counter, "Requests that were too slow.", Double(counters.timeouts))
    text.single(
      "http_server_overloads_total", .counter, "Requests refused for want of workers or memory.",
      Double(counters.overloads))
    text.single(
      "http_server_parse_failures_total", .counter, "Requests that were no HTTP.", Double(counters.parseFailures))
    text.single(
      "http_server_bytes_in_flight", .gauge, "Bodies and answers held in memory.", Double(counters.bytesInFlight))
    text.single(
      "http_server_worker_queue_depth", .gauge, "Requests that wait for a worker.", Double(counters.workerQueueDepth))
  }

  private func appendProjection(to text: inout PrometheusText) {
    guard let status = projection() else { return }
    text.single(
      "customer360_projection_active", .gauge, "Whether this process keeps the customers current.",
      status.isActive ? 1 : 0)
    text.single(
      "customer360_projection_lag_seconds", .gauge,
      "How long the oldest change that no customer shows yet has been waiting.", Double(status.lagMs()) / 1000)
    text.single(
      "customer360_projection_caught_up", .gauge, "Whether nothing waits to be worked off.", status.isCaughtUp ? 1 : 0)
    text.single(
      "customer360_projection_rebuilding", .gauge, "Whether all customers are being rebuilt.",
      status.isRebuilding ? 1 : 0)
    text.single(
      "customer360_projection_changes_total", .counter, "Changes of sources worked off.",
      Double(status.changesApplied))
    text.single(
      "customer360_projection_customers_written_total", .counter, "Customers written or removed.",
      Double(status.customersWritten))
    text.single(
      "customer360_projection_failures_total", .counter, "Passes that failed and were run again.",
      Double(status.passesFailed))
    text.single(
      "customer360_projection_dead_letters_total", .counter, "Sources that could not be projected and were put aside.",
      Double(status.deadLetters))
    text.single(
      "customer360_parked_interactions", .gauge, "Messages that wait for their senders to be known.",
      Double(status.parkedInteractions))
    text.single(
      "customer360_parked_interactions_expired_total", .counter,
      "Messages that waited for their senders for too long and were removed.", Double(status.parkedExpired))
    text.single(
      "customer360_projection_freshness_seconds", .gauge,
      "From the receipt of the oldest event of the latest pass to the customer that shows it.",
      Double(status.freshnessMs) / 1000)
    text.single(
      "customer360_projection_latest_pass_seconds", .gauge, "What the latest pass over changes took.",
      status.latestPass / .seconds(1))
  }

  private func appendMatching(to text: inout PrometheusText) {
    guard let status = matching() else { return }
    text.single(
      "customer360_matching_active", .gauge, "Whether this process matches records as they come.",
      status.isActive ? 1 : 0)
    text.single(
      "customer360_matching_indexing", .gauge, "Whether every record is being given the keys by which it is found.",
      status.isIndexing ? 1 : 0)
    text.single(
      "customer360_matching_records_total", .counter, "Records that were scored against those that share a key.",
      Double(status.recordsMatched))
    text.single(
      "customer360_matching_pairs_total", .counter, "Pairs of records that were scored.", Double(status.pairsCompared))
    text.single(
      "customer360_matching_queued_total", .counter, "Pairs that went into the review queue.",
      Double(status.pairsQueued))
    text.single(
      "customer360_matching_merges_total", .counter, "Merges that the rules made of scores.", Double(status.merges))
    text.single(
      "customer360_matching_dead_letters_total", .counter, "Records that could not be matched and were put aside.",
      Double(status.deadLetters))
    text.single(
      "customer360_matching_latest_seconds", .gauge, "What matching the latest record took.",
      status.latest / .seconds(1))
  }

  private func appendModels(to text: inout PrometheusText) {
    let serving = models.servingVersions
    text.single(
      "customer360_models_loaded", .gauge, "Whether models and catalogue have been read.", models.isLoaded ? 1 : 0)
    guard !serving.isEmpty else { return }
    text.begin("customer360_model_version", .gauge, "The version of a model that serves.")
    for version in serving { text.sample(Double(version.version) ?? 0, [("model", version.model)]) }
    text.begin("customer360_model_age_seconds", .gauge, "Time since the version that serves was made.")
    let now = clock().millisecondsSince1970
    for version in serving {
      guard let createdAt = version.createdAt else { continue }
      text.sample(Double(max(0, now - createdAt.millisecondsSince1970)) / 1000, [("model", version.model)])
    }
  }

  private func appendDatabase(to text: inout PrometheusText) {
    text.single(
      "customer360_database_available", .gauge, "Whether the last ping reached a primary.",
      health.current.isAvailable ? 1 : 0)
    let clients = store.database.clients
    text.single(
      "customer360_database_connections_in_use", .gauge, "Connections of the pool that are in use.",
      Double(clients.inUse))
    text.single(
      "customer360_database_connections_created_total", .counter, "Connections of the pool made.",
      Double(clients.made))
  }
}
