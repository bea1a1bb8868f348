import BSON
import Testing

@Suite struct JSONGrammarTests {
  @Test(arguments: [
    #"{}"#, #"[]"#, #" [ ] "#, "\t\r\n{\t\r\n}\t\r\n", #"null"#, #"true"#, #"false"#, #""""#, #"0"#, #"-0"#, #"1"#,
    #"-1"#,
    #"0.0"#, #"-0.0"#, #"1e1"#, #"1E+1"#, #"1e-1"#, #"0e0"#, #"123.456e-7"#, #"[[]]"#, #"[{}]"#, #"{"":0}"#,
    #"{"a":{"a":1}}"#,
    #"[1,2,3]"#, #"["a","b"]"#, #"{"a":1,"b":2}"#, #""\"\\\/\b\f\n\r\t""#, #""\u0041""#, #""\ud83d\ude00""#,
    #""\u0000""#, "\"\u{7F}\"", #""é😀""#, #"[1 , 2 ]"#, #"{"a" : 1}"#, "\"\u{2028}\u{2029}\"", "\"\u{FEFF}\"",
    #""\uFFFF""#, "[\n1,\n2\n]", #"[null,true,false,"",0,{},[]]"#,
  ])
  func `a text that RFC 8259 allows is read`(text: String) {
    #expect(refusal(Array(text.utf8)) == nil)
  }

  @Test(arguments: [
    ("", "json_empty"), (" \n\t", "json_empty"), ("{", "json_unexpected_end"), ("[", "json_unexpected_end"),
    ("\"", "json_unexpected_end"), ("\"abc", "json_unexpected_end"), ("{\"a\"", "json_unexpected_end"),
    ("{\"a\":", "json_unexpected_end"), ("{\"a\":1", "json_unexpected_end"), ("{\"a\":1,", "json_unexpected_end"),
    ("[1", "json_unexpected_end"), ("[1,", "json_unexpected_end"), ("tru", "json_unexpected_end"),
    ("-", "json_unexpected_end"), ("1.", "json_unexpected_end"), ("1e", "json_unexpected_end"),
    ("1e+", "json_unexpected_end"), ("\"\\", "json_unexpected_end"), ("\"\\u12", "json_unexpected_end"),
    ("{}x", "json_trailing_bytes"), ("1 2", "json_trailing_bytes"), ("[]]", "json_trailing_bytes"),
    ("{}\u{0}", "json_trailing_bytes"), ("truee", "json_trailing_bytes"), ("[1,]", "json_unexpected_byte"),
    ("[,1]", "json_unexpected_byte"), ("[1 2]", "json_unexpected_byte"), ("[1}", "json_unexpected_byte"),
    ("{\"a\":1]", "json_unexpected_byte"), ("{\"a\":1,}", "json_unexpected_byte"), ("{,}", "json_unexpected_byte"),
    ("{a:1}", "json_unexpected_byte"), ("{'a':1}", "json_unexpected_byte"), ("{1:1}", "json_unexpected_byte"),
    ("{\"a\" 1}", "json_unexpected_byte"), ("{\"a\"::1}", "json_unexpected_byte"), ("{\"a\"}", "json_unexpected_byte"),
    ("trux", "json_unexpected_byte"), ("True", "json_unexpected_byte"), ("nul1", "json_unexpected_byte"),
    ("'a'", "json_unexpected_byte"), ("/*c*/1", "json_unexpected_byte"), ("[1]//", "json_trailing_bytes"),
    ("\u{FEFF}{}", "json_unexpected_byte"), ("\u{A0}1", "json_unexpected_byte"), ("\u{C}1", "json_unexpected_byte"),
    ("}", "json_unexpected_byte"), ("]", "json_unexpected_byte"), (",", "json_unexpected_byte"),
    ("01", "json_invalid_number"), ("-01", "json_invalid_number"), ("+1", "json_invalid_number"),
    (".5", "json_invalid_number"), ("1.e1", "json_invalid_number"), ("1.x", "json_invalid_number"),
    ("1e1.5", "json_trailing_bytes"), ("0x10", "json_trailing_bytes"), ("1_000", "json_trailing_bytes"),
    ("--1", "json_invalid_number"), ("-a", "json_invalid_number"), ("1ee1", "json_invalid_number"),
    ("NaN", "json_invalid_number"), ("Infinity", "json_invalid_number"), ("-Infinity", "json_invalid_number"),
    ("\u{FF11}", "json_unexpected_byte"), ("1\u{661}", "json_trailing_bytes"),
    ("\"\n\"", "json_control_character"), ("\"\t\"", "json_control_character"), ("\"\u{0}\"", "json_control_character"),
    ("\"\u{1F}\"", "json_control_character"), ("\"12345678\u{1}\"", "json_control_character"),
    ("\"\\x41\"", "json_invalid_escape"), ("\"\\'\"", "json_invalid_escape"), ("\"\\\n\"", "json_invalid_escape"),
    ("\"\\u00G0\"", "json_invalid_escape"), ("\"\\u 041\"", "json_invalid_escape"),
    ("\"\\U0041\"", "json_invalid_escape"),
    ("\"\\ud800\"", "json_lone_surrogate"), ("\"\\udc00\"", "json_lone_surrogate"),
    ("\"\\ud800\\ud800\"", "json_lone_surrogate"), ("\"\\ud800x\"", "json_lone_surrogate"),
    ("\"\\ud800\\u0041\"", "json_lone_surrogate"), ("{\"a\":1,\"a\":2}", "json_duplicate_key"),
    ("{\"a\":1,\"\\u0061\":2}", "json_duplicate_key"), ("{\"\":1,\"\":2}", "json_duplicate_key"),
    ("[{\"x\":{\"k\":1,\"k\":1}}]", "json_duplicate_key"), ("{\"a\\u0000b\":1}", "json_nul_in_key"),
    ("9223372036854775808", "json_integer_out_of_range"), ("-9223372036854775809", "json_integer_out_of_range"),
    ("100000000000000000000", "json_integer_out_of_range"), ("1e309", "json_number_out_of_range"),
    ("-1e400", "json_number_out_of_range"), ("1e99999999999999999999", "json_number_out_of_range"),
    ("1.7976931348623159e308", "json_number_out_of_range"),
  ])
  func `a text that is refused says why`(text: String, code: String) {
    #expect(refusal(Array(text.utf8))?.code == code)
  }

  @Test(
    arguments: [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80],
      [0xED, 0xBF, 0xBF],
      [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
      [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xC3, 0x28], [0xE2, 0x28, 0xA1], [0x61, 0xFE, 0x61],
    ] as [[UInt8]])
  func `bytes that are not UTF-8 are refused in strings and keys`(bad: [UInt8]) {
    let quoted = [UInt8(ascii: "\"")] + bad + [UInt8(ascii: "\"")]
    #expect(refusal(quoted)?.kind == .invalidUTF8)
    #expect(refusal([UInt8(ascii: "{")] + quoted + Array(":1}".utf8))?.kind == .invalidUTF8)
    let padded = Array("\"12345678".utf8) + bad + Array("12345678\"".utf8)
    #expect(refusal(padded)?.kind == .invalidUTF8)
  }

  @Test func `every prefix of a text is refused without a trap`() {
    let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00é"],"b":{"c":null,"d":true}}"#.utf8)
    for length in 0..<text.count {
      #expect(refusal(Array(text[..<length])) != nil)
    }
    #expect(refusal(text) == nil)
  }

  @Test func `an error tells the offset and the path of the value`() {
    let error = refusal(Array(#"{"a":[1,{"b/c~":"x","d":01}]}"#.utf8))
    #expect(error == JSONError(.invalidNumber, offset: 25, path: "/a/1/d"))
    #expect(refusal(Array(#"{"a":{"b/c~":tru}}"#.utf8))?.path == "/a/b~1c~0")
    #expect(refusal(Array(#"[[],[0,"\q"]]"#.utf8)) == JSONError(.invalidEscape, offset: 8, path: "/1/1"))
    #expect(refusal(Array(#"{"k":1,"k":2}"#.utf8)) == JSONError(.duplicateKey, offset: 7, path: "/k"))
  }

  @Test func `depth is counted up to the limit`() throws {
    let limits = JSONLimits(depthMax: 64)
    let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(refusal(Array(deepest.utf8), limits) == nil)
    #expect(refusal(Array("[\(deepest)]".utf8), limits)?.kind == .tooDeep)
    let objects = String(repeating: #"{"a":"#, count: 64) + "1" + String(repeating: "}", count: 64)
    #expect(try parse(objects, limits).count == 1)
    #expect(refusal(Array("[\(objects)]".utf8), limits)?.kind == .tooDeep)
  }

  @Test func `only an object is a document`() {
    for text in ["[]", "1", "\"{}\"", "null"] {
      #expect(throws: JSONError(.notAnObject, offset: 0)) { try parse(text) }
    }
  }

  @Test func `a document may be as large as the limit and not a byte larger`() throws {
    let text = #"{"a":"0123456789"}"#
    let size = try parse(text).byteCount
    #expect(try parse(text, JSONLimits(documentBytesMax: size)).byteCount == size)
    #expect(throws: JSONError.self) { try parse(text, JSONLimits(documentBytesMax: size - 1)) }
  }

  @Test func `NUL in a string is refused where the limits say so`() throws {
    let text = #"{"a":"x\u0000y"}"#
    #expect(try parse(text).string("a") == "x\u{0}y")
    #expect(throws: JSONError(.nulInString, offset: 7, path: "/a")) {
      try parse(text, JSONLimits(allowsNULInStrings: false))
    }
  }
}
