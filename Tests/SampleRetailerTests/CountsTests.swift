import Testing

@testable import SampleRetailer

struct CountsTests {
  @Test func `scale one is two thousand people, twenty thousand orders and a hundred and fifty thousand events`() {
    let shop = SampleRetailer()
    #expect(shop.personCount == 2000)
    #expect(shop.orderCount == 20_000)
    #expect(shop.eventCount == 150_000)
    func tally(_ file: SampleFile) -> SampleTally { shop.write(file) { (_) throws(Never) in } }
    #expect(tally(.customers).rows == 3625)
    #expect(tally(.identityTruth).rows == 3625)
    #expect(tally(.products).rows == 400)
    #expect(tally(.orders).rows == 20_000)
    #expect(tally(.events).items == 150_000)
    #expect(tally(.events).rows > 150_000)
    #expect(tally(.ratings).rows == 30_000)
    #expect(tally(.peopleTruth).rows == 2000)
  }

  @Test(arguments: SampleFile.allCases) func `the tally is what was written`(file: SampleFile) {
    let shop = SampleRetailer(scale: 0.03)
    var bytes = 0
    var lines = 0
    let tally = shop.write(file) { (chunk) throws(Never) in
      bytes += chunk.count
      lines += chunk.count { $0 == UInt8(ascii: "\n") }
    }
    let header = [.customers, .products, .orders].contains(file) ? 0 : 1
    #expect(tally.bytes == bytes)
    #expect(tally.rows == lines - header)
  }

  @Test(arguments: SampleFile.allCases) func `chunks stay small whatever the scale`(file: SampleFile) {
    func largest(_ scale: Double) -> Int {
      var largest = 0
      SampleRetailer(scale: scale).write(file) { (chunk) throws(Never) in largest = max(largest, chunk.count) }
      return largest
    }
    #expect(largest(2) < 1 << 20)
  }

  @Test func `a failing sink stops the writing with its error`() {
    struct DiskFull: Error, Equatable {}
    var chunks = 0
    #expect(throws: DiskFull()) {
      try SampleRetailer(scale: 1).write(.events) { (_) throws(DiskFull) in
        chunks += 1
        if chunks == 2 { throw DiskFull() }
      }
    }
    #expect(chunks == 2)
  }

  @Test func `parts of a whole add up and follow the weights`() {
    #expect(apportioned(10, by: [1, 1, 2]) == [2, 3, 5])
    #expect(apportioned(0, by: [1, 3]) == [0, 0])
    #expect(apportioned(7, by: [0, 1, 0]) == [0, 7, 0])
    let parts = apportioned(1500, by: [0.1, 0.2, 0.3, 0])
    #expect(parts.reduce(0, +) == 1500 && parts[3] == 0)
  }

  @Test(arguments: [(1970, 1, 1, 0), (2000, 2, 29, 951_782_400), (2026, 11, 1, 1_793_491_200)])
  func `a civil day is so many seconds`(year: Int, month: Int, day: Int, seconds: Int) {
    #expect(SampleRetailer.seconds(year: year, month: month, day: day) == seconds)
    var text: [UInt8] = []
    text.append(rfc3339: seconds * 1000 + 5)
    #expect(String(decoding: text, as: UTF8.self).hasSuffix("T00:00:00.005Z"))
  }

  @Test func `a day that no calendar has is refused`() {
    #expect(SampleRetailer.seconds(year: 2026, month: 2, day: 29) == nil)
    #expect(SampleRetailer.seconds(year: 2026, month: 13, day: 1) == nil)
  }
}
