import CKernels
import Testing

@testable import MachineLearning

@Suite struct TreeKernelTests {
  @Test func `gradients and losses of the logistic loss are those of the formulas`() {
    // Lengths that end inside of a vector; scores from hopeless to certain.
    for count in [1, 7, 16, 37, 300] {
      let scores = Buffer((0..<count).map { Float($0 * 37 % 201 - 100) / 3 }, paddedTo: count, with: 0)
      let labels = Buffer((0..<count).map { Float($0 % 2) }, paddedTo: count, with: 0)
      let gradients = Buffer(2 * count, filledWith: Float(0))
      // As many as the buffers hold.
      unsafe ck_logistic_gradients(scores.start, labels.start, count, gradients.start)
      let loss = unsafe ck_logistic_loss(scores.start, count)
      var expected = 0.0
      for row in 0..<count {
        let probability = logistic(Double(scores[row]))
        #expect(abs(Double(gradients[2 * row]) - (probability - Double(labels[row]))) < 1e-6)
        #expect(abs(Double(gradients[2 * row + 1]) - max(1e-6, probability * (1 - probability))) < 1e-6)
        expected += max(0, -Double(scores[row])) + naturalLogarithm(1 + exponential(-abs(Double(scores[row]))))
      }
      #expect(abs(loss - expected) <= 1e-5 * max(1, expected))
    }
  }

  @Test(arguments: [false, true])
  func `rows are divided as a filter does it, in their order`(missingGoesLeft: Bool) {
    let bins = (0..<100).map { UInt8($0 * 31 % 9) }
    let column = Buffer(bins, paddedTo: 100, with: 0)
    let rows = Buffer((0..<100).map(Int32.init), paddedTo: 100, with: 0)
    let scratch = Buffer(100, filledWith: Int32(0))
    // A column of 100 rows and room for as many.
    let left = unsafe ck_partition(column.start, rows.start, 100, 4, missingGoesLeft ? 1 : 0, scratch.start)
    func goesLeft(_ row: Int) -> Bool { bins[row] == 0 ? missingGoesLeft : bins[row] <= 4 }
    let expected = (0..<100).filter { goesLeft($0) } + (0..<100).filter { !goesLeft($0) }
    #expect(left == (0..<100).count { goesLeft($0) })
    #expect(rows.array(0..<100).map(Int.init) == expected)
  }

  @Test func `the best split is the one that trying all of them finds`() throws {
    var random = SeededRandom(seed: 7)
    for trial in 0..<20 {
      let binCounts = [3, 40, 2, 12, 66]
      var offsets: [Int32] = [0]
      for count in binCounts { offsets.append((offsets.last ?? 0) + Int32(count)) }
      let histogram = Buffer(4 * Int(offsets[5]), filledWith: Float(0))
      var totals: (Float, Float, Float) = (0, 0, 0)
      // 300 rows; in every other trial some numbers are missing.
      for _ in 0..<300 {
        let (gradient, hessian) = (Float(random.gaussian()), Float(random.uniform() / 4))
        totals = (totals.0 + gradient, totals.1 + hessian, totals.2 + 1)
        for (column, count) in binCounts.enumerated() {
          let bin = trial % 2 == 0 ? 1 + random.index(below: count - 1) : random.index(below: count)
          let at = 4 * (Int(offsets[column]) + bin)
          histogram[at] += gradient + (column == trial % 5 && bin < 6 ? 0.5 : 0)
          histogram[at + 1] += hessian
          histogram[at + 2] += 1
        }
      }
      var (best, bestPlace): (Double, Int) = (0, -1)
      func value(_ gradient: Double, _ hessian: Double) -> Double { gradient * gradient / (hessian + 2) }
      let whole = value(Double(totals.0), Double(totals.1))
      for (column, count) in binCounts.enumerated() {
        for missing in [false, true] {
          var sums = (0.0, 0.0, 0.0)
          for bin in (missing ? 0 : 1)..<max(1, count - 1) {
            let at = 4 * (Int(offsets[column]) + bin)
            sums.0 += Double(histogram[at])
            sums.1 += Double(histogram[at + 1])
            sums.2 += Double(histogram[at + 2])
            guard bin > 0, sums.2 >= 20, 300 - sums.2 >= 20 else { continue }
            let gain =
              value(sums.0, sums.1) + value(Double(totals.0) - sums.0, Double(totals.1) - sums.1) - whole
            if gain > best + 1e-4 { (best, bestPlace) = (gain, column) }
          }
        }
      }
      let starts = Buffer(offsets, paddedTo: 6, with: 0)
      let sums = Buffer([totals.0, totals.1, totals.2], paddedTo: 3, with: 0)
      var split = ck_split()
      // Five columns with their bins, three totals, one result.
      unsafe ck_best_split(histogram.start, starts.start, 5, sums.start, 20, 2, &split)
      #expect(Int(split.place) == bestPlace)
      #expect(abs(Double(split.gain) - best) < 1e-3 * max(1, best))
    }
  }
}
