import BSON
import Testing

@testable import YAML

@Suite struct YAMLDecodingTests {
  private func json(_ yaml: String) throws -> String {
    String(decoding: try YAMLDecoding.json(ofMapping: Array(yaml.utf8)), as: UTF8.self)
  }

  @Test(arguments: [
    ("a: 1", #"{"a":1}"#), ("a: {b: [c, 'd', \"e\"], f: }", #"{"a":{"b":["c","d","e"],"f":null}}"#),
    ("a:\n  - 1\n  - - 2\n    - b: 3\n", #"{"a":[1,[2,{"b":3}]]}"#), ("# a\n---\na: b # c\n...\n", #"{"a":"b"}"#),
    ("{}", "{}"), ("a: []", #"{"a":[]}"#), ("a: |\n  b\n  c\n", #"{"a":"b\nc\n"}"#),
    ("a: >-\n  1\n", #"{"a":"1"}"#), ("\"a\\tb\": \"\\u00e9\\0\"", "{\"a\\tb\":\"é\\u0000\"}"),
    ("\u{FEFF}a: 1", #"{"a":1}"#), ("%YAML 1.2\n---\na: 1\n", #"{"a":1}"#), ("<<: {a: 1}", #"{"<<":{"a":1}}"#),
    ("\u{E9}: 1\ne\u{301}: 2", "{\"\u{E9}\":1,\"e\u{301}\":2}"),
  ]) func `a mapping becomes an object, in its order`(yaml: String, expected: String) throws {
    // By bytes: equal strings may differ in them.
    #expect(Array(try json(yaml).utf8) == Array(expected.utf8))
  }

  @Test(arguments: [
    ("", "null"), ("~", "null"), ("Null", "null"), ("nULL", #""nULL""#), ("TRUE", "true"), ("False", "false"),
    ("yes", #""yes""#), ("off", #""off""#), ("012", "12"), ("-0", "0"), ("+7", "7"), ("0o17", "15"), ("0xfF", "255"),
    ("0b1", #""0b1""#), ("-0x1", #""-0x1""#), ("1_000", #""1_000""#), ("12:30", #""12:30""#),
    ("2024-02-29", #""2024-02-29""#), ("9223372036854775807", "9223372036854775807"),
    ("-9223372036854775808", "-9223372036854775808"), ("1.", "1.0"), (".5", "0.5"), ("-.5", "-0.5"), ("+1.50", "1.50"),
    ("00.5", "0.5"), ("1e3", "1.0e3"), ("1.5E-03", "1.5e-03"), (".", #"".""#), ("1e", #""1e""#), ("-", #""-""#),
    ("+.nan", #""+.nan""#), ("1.2.3", #""1.2.3""#), ("é", #""é""#), ("'1'", #""1""#), ("\"true\"", #""true""#),
  ]) func `a plain scalar is what the core schema says`(scalar: String, expected: String) throws {
    // A dash alone would begin a list.
    let yaml = scalar == "-" ? "a: '-'" : "a: \(scalar)"
    let text = try json(yaml)
    #expect(text == #"{"a":\#(expected)}"#)
    _ = try JSONDecoding.document(from: Array(text.utf8).span)
  }

  @Test(arguments: [
    ("", YAMLError(.empty, line: 1, column: 1)), ("# nothing\n", YAMLError(.empty, line: 2, column: 1)),
    ("---\n", YAMLError(.empty, line: 2, column: 1)), ("a: &x 1", YAMLError(.anchor, line: 1, column: 4)),
    ("a: 1\nb: *x", YAMLError(.anchor, line: 2, column: 4)), ("&x a: 1", YAMLError(.anchor, line: 1, column: 1)),
    ("a:\n - !!str 1", YAMLError(.tag, line: 2, column: 4)), ("a: ! 1", YAMLError(.tag, line: 1, column: 4)),
    ("!x\na: 1", YAMLError(.tag, line: 1, column: 1)), ("a: !x [1]", YAMLError(.tag, line: 1, column: 4)),
    ("a: 1\n---\nb: 2", YAMLError(.severalDocuments, line: 2, column: 1)),
    ("- 1", YAMLError(.notAMapping, line: 1, column: 1)), ("a", YAMLError(.notAMapping, line: 1, column: 1)),
    ("a: 1\n2: b", YAMLError(.keyNotText, line: 2, column: 1)),
    ("true: b", YAMLError(.keyNotText, line: 1, column: 1)), ("? ~\n: b", YAMLError(.keyNotText, line: 1, column: 3)),
    ("? [a]\n: b", YAMLError(.keyNotText, line: 1, column: 3)),
    ("1e999: b", YAMLError(.keyNotText, line: 1, column: 1)),
    ("a: {b: 1, c: 2, b: 3}", YAMLError(.duplicateKey, line: 1, column: 17)),
    ("é: 1\n'é': 2", YAMLError(.duplicateKey, line: 2, column: 1)),
    (#""a\0": 1"#, YAMLError(.nulInKey, line: 1, column: 1)),
    ("ééé: 9223372036854775808", YAMLError(.integerOutOfRange, line: 1, column: 6)),
    ("a: 0xFFFFFFFFFFFFFFFF", YAMLError(.integerOutOfRange, line: 1, column: 4)),
    ("a: .inf", YAMLError(.numberOutOfRange, line: 1, column: 4)),
    ("a: -.INF", YAMLError(.numberOutOfRange, line: 1, column: 4)),
    ("a: [.nan]", YAMLError(.numberOutOfRange, line: 1, column: 5)),
    ("a: 1e999", YAMLError(.numberOutOfRange, line: 1, column: 4)),
  ]) func `what JSON cannot say is refused with its place`(yaml: String, expected: YAMLError) throws {
    #expect(throws: expected) { try json(yaml) }
  }

  @Test(arguments: [
    (Array("a: [1\nb: 2".utf8), 2, 2), (Array("a: b: c".utf8), 1, 5), (Array("a:\n\t- b".utf8), 2, 1),
    (Array("a: \"b".utf8), 1, 6), (Array("a: 'é\n".utf8) + [0xFF], 2, 1), (Array("éa: ".utf8) + [0xC3, 0x28], 1, 6),
    (Array("a: \u{1}".utf8), 1, 4), ([0xFF, 0xFE, 0x61, 0], 1, 1), (Array(#"a: "\ud800""#.utf8), 1, 7),
  ]) func `what is no YAML is refused with its place`(yaml: [UInt8], line: Int, column: Int) throws {
    let error = try #require(throws: YAMLError.self) { try YAMLDecoding.json(ofMapping: yaml) }
    guard case .syntax(let problem) = error.kind else {
      Issue.record("\(error)")
      return
    }
    #expect(error.line == line && error.column == column && !problem.isEmpty)
  }

  @Test func `nesting has the limit of JSON`() throws {
    func nested(_ depth: Int) -> String {
      "a: " + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
    }
    let limit = JSONLimits().depthMax
    let deepest = try json(nested(limit))
    _ = try JSONDecoding.document(from: Array(deepest.utf8).span)
    #expect(throws: YAMLError(.tooDeep, line: 1, column: 3 + limit)) { try json(nested(limit + 1)) }
    #expect(throws: YAMLError.self) { try json("a: " + String(repeating: "[", count: 500_000)) }
    #expect(throws: YAMLError.self) { try json(String(repeating: "? ", count: 500_000)) }
  }

  @Test func `a text has a limit`() throws {
    let limits = YAMLLimits(bytesMax: 8)
    #expect(try YAMLDecoding.json(ofMapping: Array("a: 12345".utf8), limits: limits).count == 11)
    #expect(throws: YAMLError(.tooLarge, line: 2, column: 6)) {
      try YAMLDecoding.json(ofMapping: Array("a:\n 123456".utf8), limits: limits)
    }
  }

  @Test func `random edits are refused with a place, or give an object`() throws {
    let good = Array("columns:\n  a: [b, 'c.d'] # e\n  f: ~\nscales: {g: 0.01}\ntext: |\n  h\n  i\n".utf8)
    let odd = Array("[]{}:,-?&*!|>'\"%@`#~\t\n \\0é.".utf8) + [0, 0xFF, 0xC3]
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var yaml = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<yaml.count, using: &random)
        if Bool.random(using: &random) { yaml.remove(at: place) }
        yaml.insert(odd[Int.random(in: 0..<odd.count, using: &random)], at: min(place, yaml.count))
      }
      do throws(YAMLError) {
        let json = try YAMLDecoding.json(ofMapping: yaml)
        #expect((try? JSONDecoding.document(from: json.span)) != nil, "\(yaml)")
      } catch {
        #expect(error.line > 0 && error.column > 0 && error.line <= yaml.count + 1, "\(yaml)")
      }
    }
  }
}
