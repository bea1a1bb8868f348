import Glibc

/// Every bound of the models, with its default.
public struct ModelLimits: Sendable {
  /// Instances in one prediction call.
  public var instancesMax = 1000
  /// Products in one answer of recommendations.
  public var recommendationsMax = 100
  /// Products that a caller may exclude by name in one question.
  public var excludedProductsMax = 1000
  /// Products that are stored per customer after a training.
  public var storedRecommendations = 10
  /// Jobs that may wait at a time, over all models.
  public var queuedJobsMax = 100
  /// Customers that one step of a pass over all customers reads.
  public var customersPerStep = 1000
  /// Pairs of customer and product in one training, in all; a pair takes about 40 bytes.
  public var interactionsMax = 10_000_000
  /// Products of one customer that training and fold-in look at: the strongest.
  public var productsPerCustomerMax = 1000
  /// Products in the catalogue that is held in memory; a product takes about 200 bytes.
  public var catalogueProductsMax = 1_000_000
  /// Versions other than the defaults that stay loaded after they were asked for.
  public var extraVersionsLoadedMax = 4
  /// Memory that one training may take by its plan, in bytes: 4 GiB.
  public var trainingBytesMax = 4 << 30
  /// Aliases that one model may have beside `default` and `previous`.
  public var aliasesMax = 20
  /// Calls that wait to be asked of a shadow version; more are left out of its report, and counted there.
  public var shadowCallsWaitingMax = 100
  /// Series that one forecast has at the most: those with the most demand.
  public var seriesMax = 2000
  /// Customers whose features a drift report looks at.
  public var driftCustomersMax = 10_000
  /// Versions of a model that are kept beside those that are in use: the newest.
  public var versionsKept = 10
  /// The shortest time between two trainings of a schedule, in milliseconds: one hour.
  public var scheduleMsMin: Int64 = 3_600_000
  /// How money of several currencies is added up.
  public var money = MoneyRates()
  /// Threads that one training computes on: half of the processors, so that requests have the others. The bytes of a model do not
  /// depend on it.
  public var trainingThreads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2)
  /// Time for the database calls of one request, in milliseconds.
  public var requestTimeoutMs = 8000
  /// Time for one database call of a job, in milliseconds.
  public var jobStepTimeoutMs = 120_000
  /// How long a job stays its process's without being renewed, in milliseconds.
  public var leaseMs = 15_000
  /// How long a generation that is no longer read stays, for readers that took the former snapshot, in milliseconds.
  public var generationGraceMs = 10_000
  /// How long the worker and the watcher wait for news, in milliseconds.
  public var pollMs = 1000
  /// How often a job whose process ended is started again before it fails.
  public var attemptsMax = 2

  /// Versions that one endpoint may have.
  public static let endpointVersionsMax = 10

  /// The defaults.
  public init() {}
}
