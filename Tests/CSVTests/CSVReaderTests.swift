import Testing

@testable import CSV

@Suite struct CSVReaderTests {
  private func rows(_ text: String) throws -> [[String]] {
    var reader = CSVReader(Array(text.utf8))
    var result: [[String]] = []
    while let row = try reader.next() { result.append((0..<row.count).map { row.string($0) }) }
    return result
  }

  /// Every row and every error, in order.
  private func outcomes(_ reader: inout CSVReader) -> [Result<[String], CSVError>] {
    var result: [Result<[String], CSVError>] = []
    while true {
      do throws(CSVError) {
        guard let row = try reader.next() else { return result }
        result.append(.success((0..<row.count).map { row.string($0) }))
      } catch {
        result.append(.failure(error))
      }
    }
  }

  @Test(arguments: [
    ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
    ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
    ("a,b\r1,2", [["a", "b"], ["1", "2"]]),
    ("\u{FEFF}a,b\n", [["a", "b"]]),
    ("a,\n,b\n", [["a", ""], ["", "b"]]),
    ("a,", [["a", ""]]),
    ("\"a,b\",\"c\"\"d\",\"e\nf\"\n", [["a,b", "c\"d", "e\nf"]]),
    ("\"\"\n", [[""]]),
    ("\n\n\na\n\n", [["a"]]),
    ("", []),
    ("a\"b,c\n", [["a\"b", "c"]]),
    ("\"\"\"\"", [["\""]]),
  ]) func `fields come out as written`(_ text: String, _ expected: [[String]]) throws {
    #expect(try rows(text) == expected)
  }

  @Test(arguments: [1, 3, 100]) func `a row that somebody keeps stays as it was`(chunk: Int) throws {
    let text = Array("a,\"b\"\"\"\n1,2,3\n\n\"x\"y\nlast".utf8)
    var reader = CSVReader()
    var kept: [CSVRow] = []
    var rest = text[...]
    while true {
      do throws(CSVError) {
        if let row = try reader.next() {
          kept.append(row)
        } else if rest.isEmpty {
          break
        } else {
          reader.feed(rest.prefix(chunk))
          rest = rest.dropFirst(chunk)
          if rest.isEmpty { reader.finish() }
        }
      } catch {
        #expect(error.reason == .textAfterQuote)
      }
    }
    #expect(kept.map { row in (0..<row.count).map { row.string($0) } } == [["a", "b\""], ["1", "2", "3"], ["last"]])
    #expect(
      kept.map { row in row.range(of: row.count - 1).map { Array(row.buffer[$0]) } == nil } == [true, false, false])
  }

  @Test func `a broken row does not spoil the others`() {
    var reader = CSVReader(Array("a,b\n\"x\"y,1\nc,d\ne\nf,g\n".utf8))
    reader.columnCount = 2
    let seen = outcomes(&reader)
    #expect(
      seen == [
        .success(["a", "b"]),
        .failure(CSVError(reason: .textAfterQuote, line: 2, column: 4, rowOffset: 4)),
        .success(["c", "d"]),
        .failure(CSVError(reason: .ragged(expected: 2, found: 1), line: 4, column: 2, rowOffset: 15)),
        .success(["f", "g"]),
      ])
  }

  @Test func `an unterminated quote costs its own line only`() {
    var reader = CSVReader(Array("a,b\n1,\"x\n2,y\n3,z\n".utf8))
    #expect(
      outcomes(&reader) == [
        .success(["a", "b"]),
        .failure(CSVError(reason: .unterminatedQuote, line: 2, column: 3, rowOffset: 4)),
        .success(["2", "y"]),
        .success(["3", "z"]),
      ])
  }

  @Test func `lines are counted through quoted line ends`() throws {
    var reader = CSVReader(Array("h\r\n\"1\r\n2\n3\"\r\n\r\nlast,\"4\n5\",6\n".utf8))
    #expect(try reader.next()?.line == 1)
    #expect(try reader.next()?.line == 2)
    let last = try #require(try reader.next())
    #expect(last.line == 6)
    #expect(last.place(of: 1) == (6, 6))
    #expect(last.place(of: 2) == (7, 4))
  }

  @Test func `a row longer than the limit is refused, one at the limit is not`() {
    for isChunked in [false, true] {
      let text = Array("12345678\n123456789\nab\n".utf8)
      var reader = isChunked ? CSVReader(rowBytesMax: 9) : CSVReader(text, rowBytesMax: 9)
      var seen: [Result<[String], CSVError>] = []
      if isChunked {
        for byte in text {
          reader.feed([byte])
          seen += outcomes(&reader)
        }
        reader.finish()
      }
      seen += outcomes(&reader)
      #expect(
        seen == [
          .success(["12345678"]),
          .failure(CSVError(reason: .rowTooLong(bytesMax: 9), line: 2, column: 1, rowOffset: 9)),
          .success(["ab"]),
        ])
    }
  }

  @Test func `chunks of any size give the rows of the whole`() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("ab\",,\n\r\"1".utf8)
    for _ in 0..<300 {
      let text = (0..<Int.random(in: 0...60, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      var whole = CSVReader(text)
      let expected = outcomes(&whole)
      var chunked = CSVReader()
      var seen: [Result<[String], CSVError>] = []
      var rest = text[...]
      while !rest.isEmpty {
        let size = Int.random(in: 1...7, using: &random)
        chunked.feed(rest.prefix(size))
        rest = rest.dropFirst(size)
        seen += outcomes(&chunked)
      }
      chunked.finish()
      seen += outcomes(&chunked)
      #expect(seen == expected, "\(String(decoding: text, as: UTF8.self).debugDescription)")
    }
  }

  @Test func `time is linear in a body of broken quotes`() {
    let text = [UInt8](repeating: UInt8(ascii: "\""), count: 300_001) + Array("\nx\n".utf8)
    var reader = CSVReader(text)
    #expect(outcomes(&reader).count <= 3)
    var stubborn = CSVReader(Array(String(repeating: "\"a\"b\n", count: 50_000).utf8))
    #expect(outcomes(&stubborn).count == 50_000)
  }

  @Test func `the header finds columns by name in any order`() throws {
    var reader = CSVReader(Array(" b ,a,a\n".utf8))
    let header = CSVHeader(try #require(try reader.next()))
    #expect(header["a"] == 1)
    #expect(header["b"] == 0)
    #expect(header["c"] == nil)
  }

  @Test func `what the writer writes the reader reads`() throws {
    let table = [["a", "b,c", "d\"e"], ["line\nend", "", "\r"], [""], ["é"]]
    var writer = CSVWriter()
    for row in table { writer.row(row) }
    #expect(try rows(String(decoding: writer.bytes, as: UTF8.self)) == table)
  }

  @Test(arguments: [
    ("1", 1.0), ("-2.50", -2.5), (" 3 ", 3), ("1e3", 1000), (".5", 0.5), ("5.", 5), ("0.1", 0.1),
    ("1234567890123456789012", 1.234567890123456789012e21),
    ("1.7976931348623157e308", Double.greatestFiniteMagnitude), ("-0", -0.0),
    ("0.30000000000000004", 0.30000000000000004),
  ]) func `decimals are read exactly`(_ text: String, _ value: Double) {
    #expect(parseDecimal(Array(text.utf8)[...]) == value)
  }

  @Test(arguments: ["", " ", "x", "1x", "1e", "nan", "inf", "0x10", "1e999", "--1", "1.2.3", "1 2", "e5", "."])
  func `what is no decimal is refused`(_ text: String) {
    #expect(parseDecimal(Array(text.utf8)[...]) == nil)
  }

  @Test func `whole numbers reach both ends and no further`() {
    #expect(parseInteger(Array("-9223372036854775808".utf8)[...]) == .min)
    #expect(parseInteger(Array("9223372036854775807".utf8)[...]) == .max)
    #expect(parseInteger(Array("9223372036854775808".utf8)[...]) == nil)
    #expect(parseInteger(Array("+7".utf8)[...]) == 7)
    #expect(parseInteger(Array("1.0".utf8)[...]) == nil)
  }

  @Test func `random decimals agree with the standard library`() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let digits = String(UInt64.random(in: 0...(.max), using: &random) >> UInt64.random(in: 0..<64, using: &random))
      let text =
        digits + "." + String(UInt32.random(in: 0...(.max), using: &random))
        + "e\(Int.random(in: -30...30, using: &random))"
      #expect(parseDecimal(Array(text.utf8)[...]) == Double(text), "\(text)")
    }
  }
}
