import CKernels
import Testing

@testable import MachineLearning

/// The kernels against the plain loops that they replace.
@Suite struct KernelTests {
  private func random(_ count: Int, seed: UInt64) -> Buffer<Float> {
    var random = SeededRandom(seed: seed)
    return Buffer((0..<count).map { _ in Float(random.gaussian()) }, paddedTo: count, with: 0)
  }

  @Test(arguments: [0, 1, 7, 16, 33, 64, 100]) func `dot is the sum of products`(_ count: Int) {
    let a = random(count, seed: 1), b = random(count, seed: 2)
    let expected = (0..<count).reduce(0.0) { $0 + Double(a[$1]) * Double(b[$1]) }
    // Both buffers hold `count` floats.
    #expect(abs(Double(unsafe ck_dot(a.start, b.start, count)) - expected) < 1e-4)
  }

  @Test(arguments: [(1, 16, 3), (7, 32, 130), (13, 48, 200)]) func `gemm multiplies, plain and transposed`(
    _ m: Int, _ n: Int, _ k: Int
  ) {
    let a = random(m * k, seed: 1), b = random(k * n, seed: 2)
    for isTransposed in [false, true] {
      let c = Buffer(m * n, filledWith: Float(1))
      // Shapes as allocated above.
      unsafe ck_gemm(m, n, k, 2, a.start, isTransposed ? 1 : k, isTransposed ? m : 1, b.start, n, c.start, n)
      for i in 0..<m {
        for j in 0..<n {
          var expected = 0.0
          for l in 0..<k { expected += Double(isTransposed ? a[l * m + i] : a[i * k + l]) * Double(b[l * n + j]) }
          #expect(abs(Double(c[i * n + j]) - (1 + 2 * expected)) < 1e-3)
        }
      }
    }
  }

  @Test func `conjugate gradient solves the regularized normal equations`() {
    let width = 32, rows = 40, count = 21
    let y = random(width * rows, seed: 3)
    let d = Buffer((0..<width).map { 1 + Float($0) / 10 }, paddedTo: width, with: 0)
    let indexes = Buffer((0..<count).map { Int32($0 * 37 % rows) }, paddedTo: count, with: 0)
    let w = Buffer(count, filledWith: Float(0.5)), b = random(count, seed: 4)
    let x = Buffer(width, filledWith: Float(0)), work = Buffer(5 * width, filledWith: Float(0))
    // Shapes as allocated above.
    unsafe ck_conjugate_gradient(
      y.start, width, d.start, indexes.start, w.start, b.start, count, x.start, work.start, 60)
    for l in 0..<width {
      var left = Double(d[l] * x[l]), right = 0.0
      for j in 0..<count {
        let row = Int(indexes[j]) * width
        let product = (0..<width).reduce(0.0) { $0 + Double(y[row + $1] * x[$1]) }
        left += Double(w[j]) * product * Double(y[row + l])
        right += Double(b[j]) * Double(y[row + l])
      }
      #expect(abs(left - right) < 1e-3)
    }
  }

  /// Season (0 none, 1 additive, 2 multiplicative) and whether errors are relative.
  @Test(arguments: [(0, false), (0, true), (1, false), (1, true), (2, true)])
  func `eight series are smoothed as one by one, over gaps and past their ends`(_ season: Int, _ isRelative: Bool) {
    let lanes = Int(CK_SMOOTHING_LANES), count = 1500, period = 5
    var random = SeededRandom(seed: 8)
    let values = Buffer(count * lanes, filledWith: Double.nan), start = Buffer(2 * lanes, filledWith: 0.5)
    let seasons = Buffer(period * lanes, filledWith: season == 2 ? 1.2 : 0.3)
    let parameters = Buffer(4 * lanes, filledWith: 0.0)
    let squares = Buffer(lanes, filledWith: 0.0), logs = Buffer(lanes, filledWith: 0.0)
    for lane in 0..<lanes {
      for step in 0..<(count - 90 * lane) where step % 17 != lane {
        values[step * lanes + lane] = 20 + Double(step) / 50 + random.gaussian()
      }
      for index in 0..<4 { parameters[index * lanes + lane] = [0.3, 0.05, 0.1, 0.95][index] + 0.01 * Double(lane % 4) }
      start[lane] = 10 + Double(lane)
    }
    let seasonsStart = seasons.array(0..<(period * lanes))
    // Shapes as allocated above.
    unsafe ck_smooth(
      Int32(season), isRelative ? 1 : 0, values.start, count, period, parameters.start, start.start, seasons.start,
      squares.start, logs.start)
    for lane in 0..<lanes {
      let (alpha, beta) = (parameters[lane], parameters[lanes + lane])
      let (gamma, phi) = (parameters[2 * lanes + lane], parameters[3 * lanes + lane])
      var (level, trend) = (start[lane], start[lanes + lane])
      var own = (0..<period).map { seasonsStart[$0 * lanes + lane] }
      var (sum, logarithms) = (0.0, 0.0)
      for step in 0..<count {
        let value = values[step * lanes + lane]
        let base = level + phi * trend
        let seasonal = own[step % period]
        let expected = season == 0 ? base : season == 1 ? base + seasonal : base * seasonal
        let error = value.isNaN ? 0 : value - expected
        if !value.isNaN {
          sum += isRelative ? error / expected * (error / expected) : error * error
          if isRelative { logarithms += naturalLogarithm(expected) }
        }
        let levelError = season == 2 ? error / seasonal : error
        level = base + alpha * levelError
        trend = phi * trend + beta * levelError
        if season == 1 { own[step % period] += gamma * error }
        if season == 2 { own[step % period] += gamma * error / base }
      }
      #expect(abs(squares[lane] - sum) < 1e-9 * sum, "lane \(lane)")
      #expect(abs(logs[lane] - logarithms) < 1e-9 * (1 + logarithms), "lane \(lane)")
    }
  }

  @Test func `histograms add up gradients by bin`() {
    let bins = Buffer<UInt8>([1, 0, 2, 1, 1, 1, 0, 2], paddedTo: 8, with: 0)
    let rows = Buffer<Int32>([3, 0, 2], paddedTo: 3, with: 0)
    let gradients = random(8, seed: 5), histogram = Buffer(4 * 6, filledWith: Float(0))
    let columns = Buffer<Int32>([0, 1], paddedTo: 2, with: 0), offsets = Buffer<Int32>([0, 3], paddedTo: 2, with: 0)
    // Four rows of two columns, three of them listed; six bins of four floats.
    unsafe ck_histogram(
      bins.start, 2, columns.start, offsets.start, 2, gradients.start, rows.start, 3, histogram.start)
    for (bin, members) in [[3], [0, 2], [], [0], [2], [3]].enumerated() {
      for part in 0..<2 {
        #expect(histogram[4 * bin + part] == members.reduce(0) { $0 + gradients[2 * $1 + part] })
      }
      #expect(histogram[4 * bin + 2] == Float(members.count))
    }
  }
}
