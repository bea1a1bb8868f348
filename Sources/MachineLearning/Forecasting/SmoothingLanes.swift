import CKernels

/// Several pasts of one series, for all of which exponential smoothing is fitted at once: their errors are computed side by side, while each
/// has its own search for its parameters.
struct SmoothingLanes {
  /// Pasts at most.
  static let countMax = Int(CK_SMOOTHING_LANES)
  /// After so many values a search must show that it may still win.
  private static let checkEvery = 16

  let pasts: [SeriesPast]
  private let period: Int
  /// A number per past for each step; NaN behind the end of a past.
  private let values: Buffer<Double>

  /// At most ``countMax`` pasts of equal period.
  init(_ pasts: [SeriesPast], period: Int) {
    self.pasts = pasts
    self.period = period
    let lanes = Self.countMax
    values = Buffer((pasts.map(\.values.count).max() ?? 0) * lanes, filledWith: .nan)
    for (lane, past) in pasts.enumerated() {
      for (step, value) in past.values.enumerated() { values[step * lanes + lane] = value }
    }
  }

  /// The best form of `forms` for each past, by the corrected Akaike criterion. nil where none fits.
  func best(of forms: [ExponentialSmoothing.Form], horizon: Int) -> [ExponentialSmoothing.Fit?] {
    var best = [ExponentialSmoothing.Fit?](repeating: nil, count: pasts.count)
    for form in forms {
      let fits = fits(form, horizon: horizon, below: best.map { $0?.criterion ?? .infinity })
      for (lane, fit) in fits.enumerated() {
        if let fit, fit.criterion < best[lane]?.criterion ?? .infinity { best[lane] = fit }
      }
    }
    return best
  }

  /// One form fitted to each past: nil where it does not fit, and where four times the gain of the last values would not bring the
  /// criterion under that in `below`.
  func fits(_ form: ExponentialSmoothing.Form, horizon: Int, below: [Double]? = nil) -> [ExponentialSmoothing.Fit?] {
    let lanes = Self.countMax
    let models = pasts.map { ExponentialSmoothing($0, form: form) }
    var searches = models.map { $0?.search }
    var active = models.indices.filter { models[$0] != nil }
    guard !active.isEmpty else { return models.map { _ in nil } }
    let start = Buffer(2 * lanes, filledWith: 0.0)
    let seasonCount = form.season == .none ? 1 : period
    let seasonsStart = Buffer(seasonCount * lanes, filledWith: 1.0)
    for lane in active {
      guard let states = models[lane]?.start else { continue }
      start[lane] = states.level
      start[lanes + lane] = states.trend
      for (place, season) in states.seasons.enumerated() { seasonsStart[place * lanes + lane] = season }
    }
    let seasons = Buffer(seasonCount * lanes, filledWith: 0.0)
    let parameters = Buffer(4 * lanes, filledWith: 0.0)
    let squares = Buffer(lanes, filledWith: 0.0)
    let logs = Buffer(lanes, filledWith: 0.0)
    var checked = [Double](repeating: .infinity, count: pasts.count)
    while !active.isEmpty {
      var length = 0
      for lane in active {
        guard let point = searches[lane]?.pending, let all = models[lane]?.parameters(point) else { continue }
        for index in 0..<4 { parameters[index * lanes + lane] = all[index] }
        length = max(length, pasts[lane].values.count)
      }
      for index in 0..<seasons.count { seasons[index] = seasonsStart[index] }
      // Buffers of the sizes above: eight numbers for each of `length` steps, two states, the seasons and four parameters.
      unsafe ck_smooth(
        form.season.code, form.isRelative ? 1 : 0, values.start, length, seasonCount, parameters.start, start.start,
        seasons.start, squares.start, logs.start)
      for lane in active {
        guard let loss = models[lane]?.loss(squares: squares[lane], logs: logs[lane]) else { continue }
        searches[lane]?.take(loss)
      }
      active.removeAll { lane in
        guard let model = models[lane], let search = searches[lane] else { return true }
        if search.isDone { return true }
        guard let below, search.evaluations % Self.checkEvery == 0 else { return false }
        let value = search.best.value
        let gain = checked[lane] - value
        checked[lane] = value
        guard value + model.penalty - 4 * gain - 1 > below[lane] else { return false }
        searches[lane] = nil
        return true
      }
    }
    return zip(models, searches).map { model, search in
      guard let model, let (point, value) = search?.best else { return nil }
      let forecast = model.forecast(horizon, parameters: model.parameters(point))
      let criterion = value + model.penalty
      return criterion.isFinite && forecast.allSatisfy(\.isFinite) ? .init(values: forecast, criterion: criterion) : nil
    }
  }
}

extension ExponentialSmoothing.Season {
  /// As `ck_smooth` numbers them.
  fileprivate var code: Int32 {
    switch self {
    case .none: 0
    case .additive: 1
    case .multiplicative: 2
    }
  }
}
