/// The minimum of a function of few variables by the simplex method (Nelder and Mead 1965): no derivatives, deterministic.
func minimized(
  from start: [Double], step: Double = 0.5, evaluationsMax: Int = 1000, tolerance: Double = 1e-8,
  _ value: ([Double]) -> Double
) -> (point: [Double], value: Double) {
  let n = start.count
  var points = [start]
  for index in 0..<n {
    var point = start
    point[index] += step
    points.append(point)
  }
  var values = points.map(value)
  var evaluations = n + 1
  func blended(_ from: [Double], _ to: [Double], _ share: Double) -> [Double] {
    zip(from, to).map { $0 + share * ($1 - $0) }
  }
  while evaluations < evaluationsMax {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    points = order.map { points[$0] }
    values = order.map { values[$0] }
    if values[n] - values[0] <= tolerance * (abs(values[0]) + tolerance) { break }
    let center = (0..<n).map { column in points[0..<n].reduce(0) { $0 + $1[column] } / Double(n) }
    let mirrored = blended(center, points[n], -1)
    let mirroredValue = value(mirrored)
    evaluations += 1
    if mirroredValue < values[0] {
      let far = blended(center, points[n], -2)
      let farValue = value(far)
      evaluations += 1
      (points[n], values[n]) = farValue < mirroredValue ? (far, farValue) : (mirrored, mirroredValue)
    } else if mirroredValue < values[n - 1] {
      (points[n], values[n]) = (mirrored, mirroredValue)
    } else {
      let near = blended(center, mirroredValue < values[n] ? mirrored : points[n], 0.5)
      let nearValue = value(near)
      evaluations += 1
      if nearValue < min(mirroredValue, values[n]) {
        (points[n], values[n]) = (near, nearValue)
      } else {
        for index in 1...n {
          points[index] = blended(points[0], points[index], 0.5)
          values[index] = value(points[index])
        }
        evaluations += n
      }
    }
  }
  let best = values.indices.min { values[$0] < values[$1] } ?? 0
  return (points[best], values[best])
}
