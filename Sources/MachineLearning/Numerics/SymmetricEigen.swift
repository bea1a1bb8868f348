/// The eigenvalues and eigenvectors of a symmetric matrix: Householder reduction and the QL method with implicit shifts (EISPACK's
/// tred2 and tql2, after Bowdler, Martin, Reinsch and Wilkinson 1968). O(n^3), Float64.
struct SymmetricEigen {
  let count: Int
  /// Ascending.
  private(set) var values: [Double]
  /// Row-major; column j belongs to value j.
  private(set) var vectors: [Double]

  init(_ matrix: [Double], count: Int) {
    self.count = count
    vectors = matrix
    values = [Double](repeating: 0, count: count)
    guard count > 0 else { return }
    var offDiagonal = [Double](repeating: 0, count: count)
    reduce(&offDiagonal)
    iterate(&offDiagonal)
  }

  /// To tridiagonal form, gathering the transformations.
  private mutating func reduce(_ e: inout [Double]) {
    let n = count
    var d = (0..<n).map { vectors[(n - 1) * n + $0] }
    for i in stride(from: n - 1, to: 0, by: -1) {
      var scale = 0.0
      var h = 0.0
      for k in 0..<i { scale += abs(d[k]) }
      if scale == 0 {
        e[i] = d[i - 1]
        for j in 0..<i {
          d[j] = vectors[(i - 1) * n + j]
          vectors[i * n + j] = 0
          vectors[j * n + i] = 0
        }
      } else {
        for k in 0..<i {
          d[k] /= scale
          h += d[k] * d[k]
        }
        let f = d[i - 1]
        let g = f > 0 ? -h.squareRoot() : h.squareRoot()
        e[i] = scale * g
        h -= f * g
        d[i - 1] = f - g
        for j in 0..<i { e[j] = 0 }
        for j in 0..<i {
          let f = d[j]
          vectors[j * n + i] = f
          var g = e[j] + vectors[j * n + j] * f
          var k = j + 1
          while k < i {
            let value = vectors[k * n + j]
            g += value * d[k]
            e[k] += value * f
            k += 1
          }
          e[j] = g
        }
        var sum = 0.0
        for j in 0..<i {
          e[j] /= h
          sum += e[j] * d[j]
        }
        let hh = sum / (h + h)
        for j in 0..<i { e[j] -= hh * d[j] }
        for j in 0..<i {
          let f = d[j]
          let g = e[j]
          for k in j..<i { vectors[k * n + j] -= f * e[k] + g * d[k] }
          d[j] = vectors[(i - 1) * n + j]
          vectors[i * n + j] = 0
        }
      }
      d[i] = h
    }
    for i in 0..<(n - 1) {
      vectors[(n - 1) * n + i] = vectors[i * n + i]
      vectors[i * n + i] = 1
      let h = d[i + 1]
      if h != 0 {
        for k in 0...i { d[k] = vectors[k * n + i + 1] / h }
        // g_j = v_{i+1} . column j for all j at once: rows are contiguous.
        var g = [Double](repeating: 0, count: i + 1)
        for k in 0...i {
          let factor = vectors[k * n + i + 1]
          for j in 0...i { g[j] += factor * vectors[k * n + j] }
        }
        for k in 0...i {
          let factor = d[k]
          for j in 0...i { vectors[k * n + j] -= g[j] * factor }
        }
      }
      for k in 0...i { vectors[k * n + i + 1] = 0 }
    }
    for j in 0..<n {
      d[j] = vectors[(n - 1) * n + j]
      vectors[(n - 1) * n + j] = 0
    }
    vectors[(n - 1) * n + n - 1] = 1
    e[0] = 0
    values = d
  }

  /// QL iterations; eigenvectors are rotated as columns, kept transposed meanwhile so that a rotation touches two contiguous rows.
  private mutating func iterate(_ e: inout [Double]) {
    let n = count
    var d = values
    var turned = [Double](repeating: 0, count: n * n)
    for i in 0..<n {
      for j in 0..<n { turned[j * n + i] = vectors[i * n + j] }
    }
    for i in 1..<max(1, n) { e[i - 1] = e[i] }
    e[n - 1] = 0
    var f = 0.0
    var threshold = 0.0
    for l in 0..<n {
      threshold = max(threshold, abs(d[l]) + abs(e[l]))
      var m = l
      while m < n - 1, abs(e[m]) > 0x1p-52 * threshold { m += 1 }
      if m > l {
        var rounds = 0
        repeat {
          rounds += 1
          var g = d[l]
          var p = (d[l + 1] - g) / (2 * e[l])
          var r = (p * p + 1).squareRoot()
          if p < 0 { r = -r }
          d[l] = e[l] / (p + r)
          d[l + 1] = e[l] * (p + r)
          let next = d[l + 1]
          var h = g - d[l]
          for i in (l + 2)..<max(l + 2, n) { d[i] -= h }
          f += h
          p = d[m]
          var (c, c2, c3) = (1.0, 1.0, 1.0)
          let last = e[l + 1]
          var (s, s2) = (0.0, 0.0)
          for i in stride(from: m - 1, through: l, by: -1) {
            c3 = c2
            c2 = c
            s2 = s
            g = c * e[i]
            h = c * p
            r = (p * p + e[i] * e[i]).squareRoot()
            e[i + 1] = s * r
            // Both are too small to square: nothing is left to rotate.
            (s, c) = r > 0 ? (e[i] / r, p / r) : (0, 1)
            p = c * d[i] - s * g
            d[i + 1] = h + s * (c * g + s * d[i])
            rotate(&turned, i, c: c, s: s)
          }
          p = next == 0 ? 0 : -s * s2 * c3 * last * e[l] / next
          e[l] = s * p
          d[l] = c * p
        } while abs(e[l]) > 0x1p-52 * threshold && rounds < 60
      }
      d[l] += f
      e[l] = 0
    }
    let order = (0..<n).sorted { (d[$0], $0) < (d[$1], $1) }
    values = order.map { d[$0] }
    for (column, from) in order.enumerated() {
      for row in 0..<n { vectors[row * n + column] = turned[from * n + row] }
    }
  }

  private func rotate(_ turned: inout [Double], _ i: Int, c: Double, s: Double) {
    let n = count
    // Two disjoint rows of the n x n array, i + 1 < n.
    unsafe turned.withUnsafeMutableBufferPointer { rows in
      // As above: both rows lie inside the array.
      let upper = unsafe rows.baseAddress.unsafelyUnwrapped + i * n
      // As above.
      let lower = unsafe upper + n
      for k in 0..<n {
        // k < n.
        let h = unsafe lower[k]
        // k < n.
        let g = unsafe upper[k]
        // k < n.
        unsafe lower[k] = s * g + c * h
        // k < n.
        unsafe upper[k] = c * g - s * h
      }
    }
  }
}
