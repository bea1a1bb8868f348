import Testing

@testable import SampleRetailer

struct DeterminismTests {
  @Test(arguments: SampleFile.allCases) func `the same seed and scale give the same bytes`(file: SampleFile) {
    #expect(
      Town.bytes(file, SampleRetailer(seed: 7, scale: 0.02)) == Town.bytes(file, SampleRetailer(seed: 7, scale: 0.02)))
  }

  @Test(arguments: SampleFile.allCases) func `another seed gives other bytes`(file: SampleFile) {
    #expect(
      Town.bytes(file, SampleRetailer(seed: 7, scale: 0.02)) != Town.bytes(file, SampleRetailer(seed: 8, scale: 0.02)))
  }

  @Test(arguments: SampleFile.allCases) func `a smaller town is the beginning of a larger one`(file: SampleFile) {
    let small = Town.bytes(file, SampleRetailer(scale: 0.02))
    #expect(Town.bytes(file, SampleRetailer(scale: 0.05)).starts(with: small))
  }

  @Test func `another day moves the data and keeps the people`() {
    func people(_ shop: SampleRetailer) -> [Substring] {
      Town.lines(.identityTruth, shop).map { $0[...] }
    }
    let then = SampleRetailer(scale: 0.01, nowSeconds: 1_700_000_000)
    let later = SampleRetailer(scale: 0.01, nowSeconds: 1_800_000_000)
    #expect(people(then) == people(later))
    #expect(Town.bytes(.orders, then) != Town.bytes(.orders, later))
  }

  /// The committed fingerprints: a change of them changes everybody's demo data and needs a reason.
  @Test(arguments: SampleFile.allCases) func `the smallest town is as committed`(file: SampleFile) throws {
    let bytes = Town.bytes(file, SampleRetailer(scale: 0.01))
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let golden = try #require(Golden.files[file])
    #expect(String(hash, radix: 16) == golden.fnv1a)
    #expect(Town.lines(file, SampleRetailer(scale: 0.01)).prefix(2).joined(separator: "\n") == golden.head)
  }
}
