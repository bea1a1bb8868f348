import Testing

@testable import Store

@Suite struct `A telephone number` {
  @Test(arguments: [
    "+1 529 628 5753", "(529) 628-5753", "529.628.5753", "5296285753", "15296285753", "1-529-628-5753",
    "011 1 529 628 5753", "001 529 628 5753", "529-628-5753 x12", "529-628-5753 ext. 12", "529-628-5753EXT12",
    "529-628-5753;ext=12", "529-628-5753 #9", "tel:+1-529-628-5753", "529\u{A0}628\u{2011}5753",
  ])
  func `has one spelling in North America`(raw: String) {
    #expect(PhoneNumber(raw)?.e164 == "+15296285753")
  }

  @Test(arguments: [
    "+44 20 7946 0958", "+44 (0)20 7946 0958", "0044 20 7946 0958", "020 7946 0958", "(020) 7946-0958",
    "20 7946 0958", "442079460958",
  ])
  func `has one spelling in a region with a trunk prefix`(raw: String) throws {
    let region = try #require(PhoneRegion(country: "gb"))
    #expect(PhoneNumber(raw, region: region)?.e164 == "+442079460958")
  }

  @Test func `keeps a leading zero where it belongs to the number`() throws {
    let italy = try #require(PhoneRegion(country: "IT"))
    #expect(PhoneNumber("06 698 12345", region: italy)?.e164 == "+390669812345")
  }

  @Test func `takes the region's own international prefix`() throws {
    let australia = try #require(PhoneRegion(country: "AU"))
    #expect(PhoneNumber("0011 44 20 7946 0958", region: australia)?.e164 == "+442079460958")
    #expect(PhoneNumber("02 9374 4000", region: australia)?.e164 == "+61293744000")
  }

  @Test(arguments: [
    "", "+", "12345", "+12345", "+1234567890123456", "+0123456789", "0000000000", "+1 000 000 0000", "abc",
    "1-800-FLOWERS", "555 0100 or 555 0101", "++15550100", "555+0100", "x12", "5550100 ext", "a@b.c", "555\0\u{30}100",
    "\u{FF15}\u{FF15}\u{FF15}0100",
  ])
  func `is refused when hopeless`(raw: String) {
    #expect(PhoneNumber(raw) == nil)
  }

  @Test func `has 7 to 15 digits`() {
    #expect(PhoneNumber("+1234567") != nil)
    #expect(PhoneNumber("+123456") == nil)
    #expect(PhoneNumber("+123456789012345") != nil)
    #expect(PhoneNumber("+1234567890123456") == nil)
  }

  @Test func `is refused in constant time when long`() {
    #expect(PhoneNumber(String(repeating: "5", count: 100_000)) == nil)
  }

  @Test(arguments: ["", "0", "01", "1234", "4a", "+44"])
  func `needs a region with a proper code`(code: String) {
    #expect(PhoneRegion(callingCode: code) == nil)
  }

  @Test func `knows the plan of a calling code`() {
    #expect(PhoneRegion(callingCode: "1") == .northAmerica)
    #expect(PhoneRegion(country: "ca") == .northAmerica)
    #expect(PhoneRegion(country: "ZZ") == nil)
  }
}
