import Testing

@testable import Store

@Suite struct `An e-mail address` {
  @Test(arguments: [
    ("Carolsoto68@Yahoo.Com", "carolsoto68@yahoo.com"), ("\t a.b+c@d.e \r\n", "a.b+c@d.e"),
    ("!#$%&'*+-/=?^_`{|}~@x.io", "!#$%&'*+-/=?^_`{|}~@x.io"), ("jörg@Bücher.example", "jörg@bücher.example"),
    ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"), ("a@1.2.example", "a@1.2.example"),
  ])
  func `is trimmed and in lower case`(raw: String, normalized: String) {
    #expect(EmailAddress(raw)?.normalized == normalized)
  }

  @Test(arguments: [
    "", "a", "@", "a@", "@b.c", "a@b", "a@b.", "a@.b", "a@b..c", "a@-b.c", "a@b-.c", "a@b.c-", "a.@b.c", ".a@b.c",
    "a..b@c.d", "a b@c.d", "a@b c.d", "a@b@c.d", "a@b.c,d@e.f", "<a@b.c>", "\"a\"@b.c", "a@[127.0.0.1]", "a@127.0.0.1",
    "a@b_c.d", "a\0@b.c", "a\u{A0}b@c.d", "a\u{200B}@c.d", "a\u{7F}@b.c", "a\u{85}@b.c",
  ])
  func `is refused when malformed`(raw: String) {
    #expect(EmailAddress(raw) == nil)
  }

  @Test func `is bounded in all and in its parts`() {
    let label = String(repeating: "d", count: 61)
    let domain = "\(label).\(label).\(label)"
    let local = String(repeating: "l", count: 64)
    #expect(EmailAddress("\(local)@\(domain).fg")?.normalized.utf8.count == 253)
    #expect(EmailAddress("\(local)@\(domain).fgh") != nil)
    #expect(EmailAddress("\(local)@\(domain).fghi") == nil)
    #expect(EmailAddress("\(local)l@b.c") == nil)
    #expect(EmailAddress("a@\(String(repeating: "d", count: 63)).e") != nil)
    #expect(EmailAddress("a@\(String(repeating: "d", count: 64)).e") == nil)
  }

  @Test(arguments: ["a@a.a", "@", "a.", " ", "a@", "\u{E9}"])
  func `is refused in linear time`(unit: String) {
    let long = String(repeating: unit, count: 100_000 / unit.utf8.count)
    let clock = ContinuousClock()
    let time = clock.measure { #expect(EmailAddress(long) == nil) }
    #expect(time < .milliseconds(50))
  }
}
