import BSON
import Testing

@Suite struct JSONNumberTests {
  @Test func `integers become int32 where they fit, else int64`() throws {
    #expect(try value("0") == .int32(0))
    #expect(try value("-0") == .int32(0))
    #expect(try value("2147483647") == .int32(.max))
    #expect(try value("-2147483648") == .int32(.min))
    #expect(try value("2147483648") == .int64(2_147_483_648))
    #expect(try value("9223372036854775807") == .int64(.max))
    #expect(try value("-9223372036854775808") == .int64(.min))
  }

  @Test(arguments: [
    "0.1", "1e0", "-0.0", "1.5", "1e22", "1e23", "9007199254740993.0", "9007199254740992.5", "123456789012345678.0",
    "1.7976931348623157e308", "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
    "2.2250738585072011e-308",
    "2.2250738585072014e-308", "1e-400", "0e999999999", "0.000000000000000000000000000000000000000000001e45",
    "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880.0",
    "1.00000000000000011102230246251565404236316680908203125",
    "1.00000000000000011102230246251565404236316680908203124",
    "1.00000000000000011102230246251565404236316680908203126", "8.41e21", "5e-324", "1e-5", "123e-2",
    "6250000000000000000000000000000000000000000000000e-50",
  ])
  func `a double is the nearest one`(text: String) throws {
    let expected = try #require(Double(text))
    guard case .double(let number) = try value(text) else {
      Issue.record("not a double")
      return
    }
    #expect(number == expected && number.sign == expected.sign)
  }

  @Test func `a number of any length is rounded by all its digits`() throws {
    // Half way between two doubles, then a hair above, far behind digit 800.
    let half = "1.00000000000000011102230246251565404236316680908203125"
    let padded = half + String(repeating: "0", count: 5000)
    #expect(try value(padded) == .double(1.0))
    #expect(try value(padded + "1") == .double(1.0000000000000002))
    #expect(try value("1" + String(repeating: "0", count: 400) + ".0e-400") == .double(1.0))
    #expect(try value("0." + String(repeating: "0", count: 400) + "1e401") == .double(1.0))
    #expect(try value("1" + String(repeating: "0", count: 100_000) + "e-100000") == .double(1.0))
  }

  @Test func `random doubles survive the way to text and back`() throws {
    var random = Seeded(1)
    for round in 0..<20_000 {
      let bits = random.next()
      let number =
        round % 2 == 0
        ? Double(bitPattern: bits) : Double(Int64(bitPattern: bits) >> 20) / [1, 10, 100, 1e5][round / 2 % 4]
      let text = json(.double(number))
      guard number.isFinite else {
        #expect(text == "null")
        continue
      }
      #expect(Double(text)?.bitPattern == number.bitPattern)
      #expect(text.utf8.count <= number.description.utf8.count, "shortest: \(text) against \(number)")
      guard case .double(let back) = try value(text) else {
        Issue.record("\(text) is not read as a double")
        continue
      }
      #expect(back.bitPattern == number.bitPattern)
    }
  }

  @Test func `random decimals are read as the standard library reads them`() throws {
    var random = Seeded(2)
    for _ in 0..<20_000 {
      let digits = String((0..<(1 + random.below(25))).map { _ in Character(String(random.below(10))) })
      let trimmed = digits.drop { $0 == "0" }
      let text = (trimmed.isEmpty ? "0" : String(trimmed)) + "." + digits + "e\(random.below(640) - 320)"
      guard let expected = Double(text), expected.isFinite else {
        #expect(refusal(Array(text.utf8))?.kind == .numberOutOfRange)
        continue
      }
      #expect(try value(text) == .double(expected))
    }
  }

  @Test(arguments: [
    (1.0, "1.0"), (0.1, "0.1"), (-2.5, "-2.5"), (100, "100.0"), (1234.56, "1234.56"), (0.00001, "0.00001"),
    (1e16, "1e+16"),
    (-0.0, "-0.0"), (0.3, "0.3"), (1.0 / 3, "0.3333333333333333"), (.leastNonzeroMagnitude, "5e-324"),
    (999_999_999.99, "999999999.99"),
    (0.05, "0.05"), (2.675, "2.675"), (1e9, "1000000000.0"),
  ])
  func `doubles are written short`(number: Double, text: String) {
    #expect(Double(json(.double(number))) == number)
    #expect(json(.double(number)).utf8.count <= text.utf8.count)
  }

  @Test func `integers are written in full`() {
    #expect(json(.int64(.min)) == "-9223372036854775808")
    #expect(json(.int64(.max)) == "9223372036854775807")
    #expect(json(.int32(0)) == "0")
    for power in 0..<19 {
      let number = (0..<power).reduce(Int64(1)) { total, _ in total * 10 }
      #expect(json(.int64(number)) == "\(number)")
      #expect(json(.int64(number - 1)) == "\(number - 1)")
      #expect(json(.int64(-number)) == "-\(number)")
    }
  }
}
