import Testing

@testable import RecordLinkage

@Suite struct SimilarityTests {
  @Test(arguments: [
    ("martha", "marhta", 0.9611), ("dwayne", "duane", 0.84), ("dixon", "dicksonx", 0.8133),
    ("jones", "johnson", 0.8324),
    ("", "", 1), ("a", "", 0), ("same", "same", 1), ("abc", "xyz", 0),
  ]) func `Jaro–Winkler gives the values of Winkler's paper`(_ a: String, _ b: String, _ expected: Double) {
    #expect(abs(jaroWinkler(Array(a.utf8).span, Array(b.utf8).span) - expected) < 0.0001)
  }

  @Test(arguments: [
    ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("ca", "abc", 3), ("kitten", "sitting", 3),
    ("smith", "smiht", 1), ("smith", "smmith", 1),
  ]) func `the edit distance counts a swap of neighbours once`(_ a: String, _ b: String, _ expected: Int) {
    #expect(editDistance(Array(a.utf8).span, Array(b.utf8).span) == expected)
    #expect(editDistance(Array(b.utf8).span, Array(a.utf8).span) == expected)
  }

  @Test func `bit vectors agree with the plain recurrence`() {
    var state: UInt64 = 7
    func random(_ below: UInt64) -> Int {
      state = StableHash.mix(state)
      return Int(state % below)
    }
    for _ in 0..<2000 {
      let a = (0..<random(9)).map { _ in UInt8(97 + random(3)) }
      let b = (0..<random(9)).map { _ in UInt8(97 + random(3)) }
      #expect(editDistance(a.span, b.span) == plainDistance(a, b))
    }
  }

  private func plainDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var table = Array(repeating: Array(repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { table[i][0] = i }
    for j in 0...b.count { table[0][j] = j }
    for i in a.indices {
      for j in b.indices {
        var best = min(table[i][j + 1], table[i + 1][j]) + 1
        best = min(best, table[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, table[i - 1][j - 1] + 1) }
        table[i + 1][j + 1] = best
      }
    }
    return table[a.count][b.count]
  }
}
