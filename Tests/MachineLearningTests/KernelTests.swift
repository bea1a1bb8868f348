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
}
