import Testing

@testable import Store

@Suite struct `An identifier` {
  @Test(arguments: [
    (IdentifierType.user, "U1", "user:U1"), (.loyalty, "L 7", "loyalty:L 7"), (.email, " A@B.C ", "email:a@b.c"),
    (.phone, "(555) 010-0000", "phone:+15550100000"), (.phone, "555-0100", "phone:+15550100"),
    (.anonymous, "a:b", "anonymous:a:b"), (.record, "web/123", "record:web/123"),
  ])
  func `has a key of its type and its value`(type: IdentifierType, raw: String, key: String) throws {
    let identifier = try #require(Identifier(type, raw))
    #expect(identifier.key == key)
    #expect(Identifier(key: key) == identifier)
  }

  @Test(arguments: [
    "", " ", "0", "000", "-", "-1", " -1 ", "00000000-0000-0000-0000-000000000000", "null", "NULL", " None ", "n/a",
    "N/A", "undefined", "Unknown", "anonymous", "ANONYMOUS",
  ])
  func `is not made of a placeholder`(raw: String) {
    for type in IdentifierType.allCases { #expect(Identifier(type, raw) == nil) }
  }

  @Test(arguments: ["-2", "01", "nul", "nulls", "anonymous2", "\u{17F}", "-1-", "-10", "n-a"])
  func `is made of what only resembles a placeholder`(raw: String) {
    #expect(Identifier(.user, raw) != nil)
  }

  @Test func `keeps the spelling of its source`() {
    #expect(Identifier(.user, " U1")?.value == " U1")
    #expect(Identifier(.user, "u1") != Identifier(.user, "U1"))
  }

  @Test func `is compared by bytes and not by what a reader sees`() throws {
    let composed = try #require(Identifier(.user, "\u{E9}"))
    let decomposed = try #require(Identifier(.user, "e\u{301}"))
    #expect(composed != decomposed)
    #expect(Set([composed, decomposed]).count == 2)
    #expect(decomposed < composed)
  }

  @Test func `is ordered as its key's bytes are`() {
    let all = ["user:b", "user:a", "anonymous:z", "email:a@b.c", "loyalty:9", "record:a/b", "phone:+15550100"]
      .compactMap(Identifier.init(key:))
    #expect(all.count == 7)
    let byKey = all.map(\.key).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    #expect(all.sorted().map(\.key) == byKey)
  }

  @Test func `has at most 512 bytes and no NUL`() {
    #expect(Identifier(.user, String(repeating: "x", count: 512)) != nil)
    #expect(Identifier(.user, String(repeating: "x", count: 513)) == nil)
    #expect(Identifier(.user, "a\0b") == nil)
  }

  @Test(arguments: ["", "user", "user:", "nobody:1", "User:1", ":1"])
  func `is not read from a malformed key`(key: String) {
    #expect(Identifier(key: key) == nil)
  }

  @Test func `of a record joins source and id`() {
    #expect(Identifier(source: "web", sourceId: "0")?.key == "record:web/0")
    #expect(Identifier(source: "web", sourceId: "") == nil)
  }
}
