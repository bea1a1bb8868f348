import Testing

@testable import RecordLinkage

@Suite struct PrecisionExpectationTests {
  private func expectation(_ joins: [(Double, Int)]) -> PrecisionExpectation {
    PrecisionExpectation(joins.map { .init(odds: $0.0, pairs: $0.1) })
  }

  @Test func `odds become shares of pairs`() {
    #expect(expectation([]).precision == 1)
    #expect(expectation([(0, 7)]).precision == 0.5)
    #expect(abs(expectation([(3, 1), (0, 1)]).precision - (8.0 / 9 + 0.5) / 2) < 1e-12)
  }

  @Test func `a threshold is raised just as far as the precision needs`() throws {
    let joins = [(20.0, 90), (2.0, 5), (1.0, 5)]
    #expect(expectation(joins).threshold(precisionMin: 0.9, costMax: 1) == nil)
    #expect(expectation(joins).threshold(precisionMin: 0.98, costMax: 1) == 1.0)
    #expect(expectation(joins).threshold(precisionMin: 0.995, costMax: 1) == 2.0)
  }

  @Test func `a threshold stays where the price is too high or nothing helps`() {
    #expect(expectation([(20, 50), (0.1, 50)]).threshold(precisionMin: 0.9, costMax: 0.1) == nil)
    #expect(expectation([(20, 50), (0.1, 50)]).threshold(precisionMin: 0.9, costMax: 0.5) == 0.1)
    #expect(expectation([(1, 50), (0.1, 50)]).threshold(precisionMin: 0.9, costMax: 1) == nil)
  }

  @Test func `joins of equal odds stay together`() {
    #expect(expectation([(20, 80), (1, 10), (1, 10)]).threshold(precisionMin: 0.96, costMax: 1) == 1.0)
  }

  @Test func `the order in which joins came changes nothing`() {
    var joins: [(Double, Int)] = []
    for number in 0..<50 { joins.append((Double(number % 7) + 0.1 * Double(number), number % 5 + 1)) }
    #expect(expectation(joins).precision == expectation(joins.reversed()).precision)
  }
}
