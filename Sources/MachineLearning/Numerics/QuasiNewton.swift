/// The minimum of a smooth function of few variables by the method of Broyden, Fletcher, Goldfarb and Shanno (1970): its gradients tell the
/// curvature. Deterministic. `value` writes the gradient at a point and returns the function's value there.
///
/// Ends when no component of the gradient exceeds `tolerance`, when no step along the direction gains, or after `iterationsMax` steps.
func minimized(
  from start: [Double], iterationsMax: Int = 200, tolerance: Double = 1e-7,
  _ value: (_ point: [Double], _ gradient: inout [Double]) -> Double
) -> [Double] {
  let n = start.count
  var point = start
  var gradient = [Double](repeating: 0, count: n)
  var height = value(point, &gradient)
  // The inverse of the curvature as known so far, row by row.
  var inverse = identity(n)
  var isScaled = false
  for _ in 0..<iterationsMax {
    guard height.isFinite, gradient.contains(where: { abs($0) > tolerance }) else { break }
    var direction = (0..<n).map { row in -(0..<n).reduce(0) { $0 + inverse[row * n + $1] * gradient[$1] } }
    var slope = dot(direction, gradient)
    if slope >= 0 {
      inverse = identity(n)
      isScaled = false
      direction = gradient.map { -$0 }
      slope = dot(direction, gradient)
    }
    // No variable moves by more than 1 at once: they are logarithms.
    var share = min(1, 1 / (direction.map(abs).max() ?? 1))
    var next = point
    var nextGradient = gradient
    var nextHeight = Double.infinity
    for _ in 0..<40 {
      next = zip(point, direction).map { $0 + share * $1 }
      nextHeight = value(next, &nextGradient)
      // Armijo's condition: a gain in proportion to the slope.
      if nextHeight <= height + 1e-4 * share * slope { break }
      share /= 2
    }
    guard nextHeight < height else { break }
    let moved = zip(next, point).map { $0 - $1 }
    let turned = zip(nextGradient, gradient).map { $0 - $1 }
    let curvature = dot(moved, turned)
    if curvature > 1e-14 {
      if !isScaled {
        inverse = identity(n).map { $0 * curvature / dot(turned, turned) }
        isScaled = true
      }
      update(&inverse, moved: moved, turned: turned, curvature: curvature)
    }
    (point, gradient, height) = (next, nextGradient, nextHeight)
  }
  return point
}

/// H ← (I - s yᵀ / sᵀy) H (I - y sᵀ / sᵀy) + s sᵀ / sᵀy.
private func update(_ inverse: inout [Double], moved s: [Double], turned y: [Double], curvature: Double) {
  let n = s.count
  let product = (0..<n).map { row in (0..<n).reduce(0) { $0 + inverse[row * n + $1] * y[$1] } }
  let weight = (1 + dot(y, product) / curvature) / curvature
  for row in 0..<n {
    for column in 0..<n {
      inverse[row * n + column] +=
        weight * s[row] * s[column] - (s[row] * product[column] + product[row] * s[column]) / curvature
    }
  }
}

private func identity(_ n: Int) -> [Double] { (0..<(n * n)).map { $0 / n == $0 % n ? 1 : 0 } }

private func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
