import Testing

@testable import Identity

@Suite struct NameTests {
  @Test(arguments: [
    ("José", "jose"), ("Müller", "mueller"), ("O'Brien", "obrien"), ("Anne-Marie", "annemarie"), ("ŁUKASZ", "lukasz"),
  ])
  func `names are folded to plain letters`(name: String, folded: String) {
    #expect(String(decoding: FoldedName.fold(name), as: UTF8.self) == folded)
  }

  @Test(arguments: [
    ("jon", "jonathan", true), ("j", "john", true), ("maria", "mario", true), ("ann", "bob", false), ("", "bob", true),
    ("li", "lu", false),
  ])
  func `first names are compatible when they may be spellings of one`(a: String, b: String, expected: Bool) {
    #expect(FoldedName.compatible(Array(a.utf8), Array(b.utf8)) == expected)
  }

  @Test(arguments: [("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("", "ab", 2), ("kitten", "sitting", 3)])
  func `the edit distance counts a swap as one`(a: String, b: String, expected: Int) {
    #expect(EditDistance.between(Array(a.utf8), Array(b.utf8), atMost: 5) == expected)
  }

  @Test func `beyond its limit the edit distance is one more than the limit`() {
    #expect(EditDistance.between(Array("kitten".utf8), Array("sitting".utf8), atMost: 1) == 2)
  }
}
