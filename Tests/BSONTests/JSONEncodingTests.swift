import BSON
import Testing

@Suite struct JSONEncodingTests {
  @Test func `every type has its clean JSON`() throws {
    let id = try #require(BSONObjectID(hex: "0123456789abcdef01234567"))
    let inner = BSONDocument { $0.append("x", 1) }
    let cases: [(BSONValue, String)] = [
      (.double(.nan), "null"), (.double(.infinity), "null"), (.double(-.infinity), "null"), (.string(""), "\"\""),
      (.document(BSONDocument()), "{}"), (.array(BSONArray()), "[]"), (.binary(BSONBinary([])), "\"\""),
      (.binary(BSONBinary([0xFB])), "\"+w==\""), (.binary(BSONBinary([0xFB, 0xFF])), "\"+/8=\""),
      (.binary(BSONBinary([1, 2, 3], subtype: 2)), "\"AQID\""), (.undefined, "null"),
      (.objectID(id), "\"0123456789abcdef01234567\""), (.bool(true), "true"), (.null, "null"),
      (.regex(pattern: "a/\"b\"", options: "im"), #""/a/\"b\"/im""#),
      (.dbPointer(collection: "c", id: id), "\"\(id.hex)\""),
      (.code("f(\"x\")"), #""f(\"x\")""#), (.symbol("s"), "\"s\""), (.codeWithScope("g", inner), "\"g\""),
      (.timestamp(1_704_067_200 << 32 | 7), "\"2024-01-01T00:00:00.000Z\""), (.minKey, "null"), (.maxKey, "null"),
      (.document(inner), #"{"x":1}"#),
    ]
    for (value, text) in cases { #expect(json(value) == text) }
  }

  @Test func `every byte of a string is escaped as it must be, wherever it stands`() throws {
    for scalar in (0..<0x300).compactMap({ UnicodeScalar($0) }) + ["\u{2028}", "\u{FFFF}", "\u{10FFFF}"] {
      for length in 0..<10 {
        let text = String(repeating: "x", count: length) + String(scalar) + String(repeating: "y", count: 9 - length)
        let encoded = json(.string(text))
        #expect(try value(encoded) == .string(text))
        #expect(!encoded.utf8.contains { $0 < 0x20 })
      }
    }
    #expect(json(.string("\u{8}\t\n\u{C}\r\"\\/\u{1F}\u{7F}")) == "\"\\b\\t\\n\\f\\r\\\"\\\\/\\u001f\u{7F}\"")
  }

  @Test func `output much longer than the input is complete`() {
    let controls = String(repeating: "\u{1}", count: 10_000)
    #expect(json(.string(controls)) == "\"" + String(repeating: "\\u0001", count: 10_000) + "\"")
    let nulls = BSONDocument { $0.append("a") { array in for _ in 0..<5000 { array.appendNull() } } }
    #expect(json(nulls).utf8.count == 5000 * 5 + 7)
    let empties = BSONDocument { for _ in 0..<2000 { $0.append("", 0.1234567890123) } }
    #expect(json(empties).utf8.count == 2000 * 19 + 1)
  }

  @Test func `bytes that are not UTF-8 become replacement characters`() {
    var bytes = Array(BSONDocument { $0.append("k", "abcdefghijkl") }.bytes)
    bytes[13] = 0xFF
    bytes[15] = 0xC3
    #expect(json(BSONDocument(trusting: bytes)) == #"{"k":"ab\#u{FFFD}d\#u{FFFD}fghijkl"}"#)
  }

  @Test func `fields are renamed, dropped and kept at the top only`() {
    let document = BSONDocument {
      $0.append("_id", "c1")
      $0.append("secret", 1)
      $0.append("name", "Ann")
      $0.append("inner") {
        $0.append("_id", 2); $0.append("secret", 3)
      }
    }
    let selection = JSONFieldSelection(renaming: ["_id": "customer\"Id"], dropping: ["secret"])
    #expect(json(document, selection) == #"{"customer\"Id":"c1","name":"Ann","inner":{"_id":2,"secret":3}}"#)
    #expect(json(document, JSONFieldSelection(keepingOnly: ["name"])) == #"{"name":"Ann"}"#)
    #expect(json(document, JSONFieldSelection(renaming: ["_id": "id"], keepingOnly: [])) == #"{"id":"c1"}"#)
    #expect(json(document, JSONFieldSelection(keepingOnly: [])) == "{}")
    #expect(json(BSONDocument(), selection) == "{}")
  }

  @Test func `a driver's buffer is encoded without a copy, or not at all`() throws {
    let document = BSONDocument { $0.append("a", 1) }
    var out = Array("x".utf8)
    try JSONEncoding.append(document: document.bytes.span, to: &out)
    #expect(String(decoding: out, as: UTF8.self) == #"x{"a":1}"#)
    var broken = Array(document.bytes)
    broken[4] = 0x66
    #expect(throws: BSONError.self) { try JSONEncoding.append(document: broken.span, to: &out) }
    let short = Array(broken[..<3])
    #expect(throws: BSONError.self) { try JSONEncoding.append(document: short.span, to: &out) }
    #expect(String(decoding: out, as: UTF8.self) == #"x{"a":1}"#)
  }

  @Test func `nesting beyond what MongoDB stores is cut off`() {
    var document = BSONDocument()
    for _ in 0..<300 { document = BSONDocument { $0.append("a", document) } }
    #expect(json(document).hasSuffix("null" + String(repeating: "}", count: 200)))
    var out: [UInt8] = []
    #expect(throws: BSONError.tooDeep(limit: 200)) { try JSONEncoding.append(document: document.bytes.span, to: &out) }
    #expect(out.isEmpty)
  }
}
