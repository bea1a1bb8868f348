import Ingestion
import Logging
import Models
import Projection
import Store

/// What the routes are made from, and the list of all of them.
struct ServiceParts: Sendable {
  let store: Store
  let models: ModelService
  let configuration: ServiceConfiguration
  let health: HealthMonitor
  let metrics: ServiceMetrics
  let page: DocumentationPage

  /// Declares every route in an empty book.
  func routes(in empty: RouteBook) -> RouteBook {
    var book = empty
    let (region, ingestLimits) = (configuration.region, configuration.ingest)
    let batches = BatchDecoder(region: region, limits: ingestLimits)
    let ingestor = Ingestor(store: store, decoder: batches)
    let answers = IngestAnswers(
      metrics: metrics.ingest,
      idempotency: Idempotency(store: store, leaseMilliseconds: configuration.requestTimeoutMs + 2_500),
      throttle: IntakeThrottle(lagMsMax: configuration.intake.projectionLagMsMax, projection: metrics.projection),
      clock: WallClock.now)
    let limits = ServiceLimits(
      http: configuration.http.limits, ingest: configuration.ingest, intake: configuration.intake,
      models: models.limits,
      requestTimeoutMs: configuration.requestTimeoutMs)
    let directory = CustomerDirectory(store: store)
    let history = CustomerHistoryRoutes(store: store, directory: directory)
    let outputs = CustomerOutputRoutes(models: models, directory: directory, clock: WallClock.now)
    ProbeRoutes(health: health, models: models).declare(in: &book)
    DocumentRoutes(page: page).declare(in: &book)
    OperationsRoutes(metrics: metrics, limits: limits).declare(in: &book)
    IngestRoutes(ingestor: ingestor, answers: answers).declare(in: &book)
    EmailRoutes(ingestor: ingestor, decoder: EmailDecoder(region: region), answers: answers).declare(in: &book)
    TrackingRoutes(
      ingestor: ingestor, decoder: SegmentDecoder(region: region, limits: ingestLimits), answers: answers
    ).declare(in: &book)
    CloudEventRoutes(
      ingestor: ingestor, decoder: CloudEventDecoder(region: region, limits: ingestLimits), answers: answers
    ).declare(in: &book)
    PubSubRoutes(
      ingestor: ingestor, decoder: PubSubDecoder(region: region, limits: ingestLimits), store: store, answers: answers
    ).declare(in: &book)
    DeadLetterRoutes(store: store, replay: DeadLetterReplay(store: store, decoder: batches), answers: answers)
      .declare(in: &book)
    PullSourceRoutes(store: store).declare(in: &book)
    ParkedInteractionRoutes(
      store: store, waitSeconds: configuration.intake.parkedInteractionSeconds, clock: WallClock.now
    ).declare(in: &book)
    LookupRoutes(store: store, region: configuration.region).declare(in: &book)
    BatchGetRoutes(store: store).declare(in: &book)
    CustomerRoutes(
      store: store, expansions: CustomerExpansions(history: history, outputs: outputs),
      provenance: CustomerProvenance(
        store: store,
        past: PastCustomer(store: store, currency: configuration.currency, rates: configuration.rates))
    ).declare(in: &book)
    history.declare(in: &book)
    IdentityRoutes(store: store, directory: directory).declare(in: &book)
    ProfileRoutes(store: store, log: Logger(label: "profile")).declare(in: &book)
    PinRoutes(store: store, directory: directory, decoder: batches, clock: WallClock.now).declare(in: &book)
    IdentityRulesRoutes(store: store, clock: WallClock.now).declare(in: &book)
    DuplicateRoutes(
      store: store, scanner: DuplicateScanner(store: store, log: Logger(label: "duplicates")), clock: WallClock.now
    ).declare(in: &book)
    MergeRoutes(
      store: store, directory: directory,
      preview: IdentityPreview(store: store, currency: configuration.currency, rates: configuration.rates),
      diff: MergeDiff(models: models), clock: WallClock.now
    ).declare(in: &book)
    outputs.declare(in: &book)
    SourceRoutes(editor: SourceEditor(store: store, decoder: batches), answers: answers).declare(in: &book)
    ProductRoutes(store: store, models: models).declare(in: &book)
    SegmentRoutes(models: models).declare(in: &book)
    ModelRoutes(models: models).declare(in: &book)
    EndpointRoutes(models: models).declare(in: &book)
    PredictionRoutes(models: models).declare(in: &book)
    return book
  }
}
