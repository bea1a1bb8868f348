/// The minimum of a function of up to four variables by the simplex method (Nelder and Mead 1965): no derivatives, deterministic. It asks
/// for values (``pending``) and is told them (``take(_:)``), so several searches can have their values computed side by side.
struct Simplex {
  private enum Stage { case start, mirrored, far, near, shrink }

  /// Where a value is wanted; unused variables are 0.
  private(set) var pending: SIMD4<Double>
  /// The values asked for so far.
  private(set) var evaluations = 0
  /// Nothing more is asked.
  private(set) var isDone = false

  private let n: Int
  private let evaluationsMax: Int
  private let tolerance: Double
  private var points: InlineArray<5, SIMD4<Double>>
  private var values = InlineArray<5, Double>(repeating: .infinity)
  private var stage = Stage.start
  /// The vertex whose value is wanted while the simplex is set up or shrinks.
  private var vertex = 0
  private var center = SIMD4<Double>.zero
  private var mirrored = SIMD4<Double>.zero
  private var mirroredValue = 0.0

  /// A simplex at `start` with edges of `step`; it ends when its values lie within the relative `tolerance`, or after `evaluationsMax`.
  init(from start: SIMD4<Double>, variables: Int, step: Double, evaluationsMax: Int, tolerance: Double) {
    n = variables
    self.evaluationsMax = evaluationsMax
    self.tolerance = tolerance
    points = InlineArray(repeating: start)
    for index in 0..<variables { points[index + 1][index] += step }
    pending = start
  }

  /// The lowest point so far and its value.
  var best: (point: SIMD4<Double>, value: Double) {
    var index = 0
    for other in 1...n where values[other] < values[index] { index = other }
    return (points[index], values[index])
  }

  /// Takes the value at ``pending`` and moves on; what is not a number counts as infinite.
  mutating func take(_ told: Double) {
    let value = told.isNaN ? .infinity : told
    evaluations += 1
    switch stage {
    case .start, .shrink:
      values[vertex] = value
      vertex += 1
      if vertex <= n { pending = points[vertex] } else { turn() }
    case .mirrored:
      mirroredValue = value
      if value < values[0] {
        stage = .far
        pending = center + 2 * (center - points[n])
      } else if value < values[n - 1] {
        replaceWorst(mirrored, value)
      } else {
        stage = .near
        pending = center + 0.5 * ((value < values[n] ? mirrored : points[n]) - center)
      }
    case .far:
      if value < mirroredValue { replaceWorst(pending, value) } else { replaceWorst(mirrored, mirroredValue) }
    case .near:
      if value < min(mirroredValue, values[n]) {
        replaceWorst(pending, value)
      } else {
        for index in 1...n { points[index] = points[0] + 0.5 * (points[index] - points[0]) }
        stage = .shrink
        vertex = 1
        pending = points[1]
      }
    }
  }

  private mutating func replaceWorst(_ point: SIMD4<Double>, _ value: Double) {
    points[n] = point
    values[n] = value
    turn()
  }

  /// Sorts the vertices and asks for the mirror image of the worst.
  private mutating func turn() {
    for index in 1...n {
      let (point, value) = (points[index], values[index])
      var place = index
      while place > 0, values[place - 1] > value {
        points[place] = points[place - 1]
        values[place] = values[place - 1]
        place -= 1
      }
      points[place] = point
      values[place] = value
    }
    guard evaluations < evaluationsMax, values[n] - values[0] > tolerance * (abs(values[0]) + tolerance) else {
      isDone = true
      return
    }
    center = .zero
    for index in 0..<n { center += points[index] }
    center /= Double(n)
    mirrored = center + (center - points[n])
    stage = .mirrored
    pending = mirrored
  }
}
