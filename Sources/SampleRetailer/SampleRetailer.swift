/// A made-up shop of any size: the same seed, scale and instant give the same bytes.
public struct SampleRetailer: Sendable {
  /// 2026-11-01T00:00:00Z, the instant that the data end at by default.
  public static let defaultNowSeconds = 1_793_491_200

  /// The seed of all randomness.
  public let seed: UInt64
  /// The UTC day that the data end before, in days since 1970-01-01.
  public let today: Int
  /// Neighbourhoods of 20 people each.
  public let neighbourhoodCount: Int
  /// ISO 4217 code of every price.
  public let currency: String

  private let catalogue: Catalogue
  private let picker: ProductPicker
  /// Chunks are handed out when they have grown past this.
  private let chunkBytes = 256 << 10

  /// - Parameters:
  ///   - scale: 1 is 2,000 people, 20,000 orders and 150,000 events; steps of 0.01, at least one.
  ///   - nowSeconds: all activity lies in the 365 days before the start of this instant's UTC day.
  public init(
    seed: UInt64 = 360, scale: Double = 1, nowSeconds: Int = Self.defaultNowSeconds, currency: String = "USD"
  ) {
    self.seed = seed
    self.currency = currency
    today = nowSeconds / Instants.secondsPerDay
    neighbourhoodCount = max(1, Int((scale * 100).rounded()))
    catalogue = Catalogue(seed: seed)
    picker = ProductPicker(catalogue)
  }

  /// People in the town.
  public var personCount: Int { neighbourhoodCount * Neighbourhood.peopleCount }
  /// Events in the click-stream.
  public var eventCount: Int { neighbourhoodCount * Neighbourhood.eventsPerNeighbourhood }
  /// Orders, with returns and refunds.
  public var orderCount: Int { neighbourhoodCount * Neighbourhood.ordersPerNeighbourhood }

  /// Writes a file in chunks of whole lines. Memory does not depend on the scale; the chunk is reused after each call.
  @discardableResult
  public func write<Failure: Error>(
    _ file: SampleFile, to sink: (_ chunk: [UInt8]) throws(Failure) -> Void
  ) throws(Failure) -> SampleTally {
    var tally = SampleTally()
    var chunk: [UInt8] = []
    chunk.reserveCapacity(chunkBytes * 2)
    chunk.append(header(of: file))
    if file == .products {
      for product in catalogue.products { product.append(to: &chunk, currency: currency) }
      tally.rows = catalogue.products.count
      tally.items = tally.rows
    } else {
      for index in 0..<neighbourhoodCount {
        append(neighbourhood: index, of: file, to: &chunk, &tally)
        guard chunk.count >= chunkBytes else { continue }
        tally.bytes += chunk.count
        try sink(chunk)
        chunk.removeAll(keepingCapacity: true)
      }
    }
    tally.bytes += chunk.count
    if !chunk.isEmpty { try sink(chunk) }
    return tally
  }

  private func header(of file: SampleFile) -> String {
    switch file {
    case .customers, .products, .orders: ""
    case .events: ClickStream.header
    case .ratings: Neighbourhood.ratingsHeader
    case .identityTruth: SourceRecord.truthHeader
    case .peopleTruth: Person.truthHeader
    }
  }

  /// The part of a file that one neighbourhood gives.
  private func append(neighbourhood index: Int, of file: SampleFile, to out: inout [UInt8], _ tally: inout SampleTally)
  {
    let neighbourhood = Neighbourhood(index, seed: seed, today: today)
    var rows = 0
    var items: Int?
    switch file {
    case .products: break
    case .customers, .identityTruth:
      let records = neighbourhood.records(seed: seed, today: today, catalogue: catalogue)
      for record in records {
        if file == .customers { record.append(to: &out, catalogue: catalogue) } else { record.appendTruth(to: &out) }
      }
      rows = records.count
    case .peopleTruth:
      for person in neighbourhood.people.sorted(by: { $0.index < $1.index }) { person.appendTruth(to: &out) }
      rows = neighbourhood.people.count
    case .ratings:
      rows = neighbourhood.appendRatings(seed: seed, catalogue: catalogue, picker: picker, to: &out)
    case .orders:
      rows = neighbourhood.appendOrders(
        activities(of: neighbourhood), catalogue: catalogue, currency: currency, to: &out)
    case .events:
      var stream = ClickStream(catalogue, picker, seed: seed, neighbourhood: index)
      for (person, activity) in zip(neighbourhood.people, activities(of: neighbourhood)) {
        stream.append(activity, of: person, to: &out)
      }
      rows = stream.rowCount
      items = stream.eventCount
    }
    tally.rows += rows
    tally.items += items ?? rows
  }

  private func activities(of neighbourhood: Neighbourhood) -> [Activity] {
    neighbourhood.activities(seed: seed, today: today, catalogue: catalogue, picker: picker)
  }
}
