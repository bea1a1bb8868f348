import BSON
import Testing

@Suite struct DecimalTests {
  /// Bits from the BSON corpus (decimal128-1.json), the upper half first.
  @Test(
    arguments: [
      (0x3040_0000_0000_0000, 0x0000_0000_0000_0001, "1"), (0x3040_0000_0000_0000, 0, "0"),
      (0xB040_0000_0000_0000, 0, "-0"), (0x303E_0000_0000_0000, 0x0000_0000_0000_0001, "0.1"),
      (0x3034_0000_0000_0000, 0x0000_0000_0001_E240, "0.123456"),
      (0x303C_0000_0000_0000, 0x0000_0000_0000_0096, "1.50"),
      (0x3040_314D_C644_8D93, 0x38C1_5B0A_0000_0000, "1000000000000000000000000000000000"),
      (0x5FFE_314D_C644_8D93, 0x38C1_5B0A_0000_0000, "1.000000000000000000000000000000000E+6144"),
      (0x0000_0000_0000_0000, 0x0000_0000_0000_0001, "1E-6176"),
      (0x5FFF_ED09_BEAD_87C0, 0x378D_8E63_FFFF_FFFF, "9.999999999999999999999999999999999E+6144"),
      (0x3042_0000_0000_0000, 0x0000_0000_0000_0001, "1E+1"), (0x302C_0000_0000_0000, 0x0000_0000_0000_0005, "5E-10"),
      (0xB02C_0000_0000_0000, 0x0000_0000_0000_000C, "-1.2E-9"),
    ] as [(UInt64, UInt64, String)])
  func `a decimal is written as its digits say`(high: UInt64, low: UInt64, text: String) throws {
    let number = BSONDecimal128(high: high, low: low)
    #expect(number.jsonText == text)
    #expect(BSONDecimal128(text) == number)
    #expect(json(.decimal128(number)) == text)
  }

  @Test func `NaN and the infinities are null`() {
    for high: UInt64 in [0x7C00_0000_0000_0000, 0x7800_0000_0000_0000, 0xF800_0000_0000_0000, 0x7E00_0000_0000_0000] {
      #expect(json(.decimal128(BSONDecimal128(high: high, low: 0))) == "null")
    }
    #expect(BSONDecimal128(high: 0x7800_0000_0000_0000, low: 0).doubleValue == .infinity)
    #expect(BSONDecimal128(high: 0xF800_0000_0000_0000, low: 0).doubleValue == -.infinity)
  }

  @Test func `a coefficient that is not canonical means zero`() {
    #expect(BSONDecimal128(high: 0x6C10_0000_0000_0000, low: 7).jsonText == "0")
    #expect(BSONDecimal128(high: 0x3041_ED09_BEAD_87C0, low: 0x378D_8E64_0000_0000).jsonText == "0")
  }

  @Test(arguments: ["", "-", "1.2.3", "1e", "abc", "1e99999", "12345678901234567890123456789012345", " 1", "1 "])
  func `what is no exact decimal is refused`(text: String) {
    #expect(BSONDecimal128(text) == nil)
  }

  @Test func `zeros move between digits and exponent where that keeps the value exact`() {
    #expect(BSONDecimal128("1" + String(repeating: "0", count: 40))?.doubleValue == 1e40)
    #expect(BSONDecimal128("1E+6144")?.jsonText == "1.000000000000000000000000000000000E+6144")
    #expect(BSONDecimal128("0E+99999")?.doubleValue == 0)
    #expect(BSONDecimal128("10E-6177")?.jsonText == "1E-6176")
  }
}
