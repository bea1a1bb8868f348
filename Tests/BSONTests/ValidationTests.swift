import BSON
import Testing

@Suite struct ValidationTests {
  /// Cases in the manner of the BSON corpus: one fault each.
  @Test(arguments: [
    ("", "no bytes"), ("00", "one byte"), ("04000000", "too short for a length"), ("0400000000", "length below five"),
    ("00000000", "length zero"), ("0500000001", "no terminator"), ("06000000", "length beyond the bytes"),
    ("050000000000", "a byte after the end"), ("FFFFFFFF00", "negative length"), ("0600000000FF", "terminator inside"),
    ("0C0000000261000000000000", "string of length zero"), ("0D00000002610000000000FFFF", "no terminator"),
    ("0E00000002610003000000616200", "string beyond the document"),
    ("0E00000002610001000000616200", "string too short"),
    ("0F0000000261000200000061620000", "string without its NUL"),
    ("0E000000026100FFFFFFFF626100", "negative string length"),
    ("0F00000010610001000000", "document ends in a value"), ("08000000086100", "bool without a value"),
    ("090000000861000200", "bool of two"), ("0900000014610000", "type 20"), ("09000000FE610000", "type 254"),
    ("0D000000106162630100000000", "key without its end"), ("1400000007610056E1FC72E0C917E9C4", "short ObjectId"),
    ("1000000005610005000000000102", "binary beyond the document"),
    ("0F000000056100FFFFFFFF00000000", "negative binary"),
    ("1300000005610006000000020300000001020300", "old binary with a wrong inner length"),
    ("0F0000000361000500000001", "nested document beyond the outer"),
    ("110000000361000400000000000000", "nested length four"),
    ("0F00000003610006000000000000", "nested terminator"), ("0C0000000B61006162630000", "regex without options"),
    ("0A0000000B61006100", "regex"),
    ("1A0000000C610002000000620056E1FC72E0C917E9C4716100", "short pointer"),
    ("220000000F61001A00000005000000666F6F62001200000010780001000000", "code with a wrong length"),
    ("0C00000001610000000000", "short double"), ("12000000026100060000006162636465", "no end"),
  ])
  func `bytes that are no document are refused`(hex: String, why: String) {
    #expect(throws: BSONError.self, "\(why)") { try BSONDocument(validating: bytes(hex: hex)) }
  }

  @Test func `the exact fault is told`() {
    #expect(throws: BSONError.truncated(offset: 2)) { try BSONDocument(validating: [5, 0]) }
    #expect(throws: BSONError.trailingBytes(offset: 5)) { try BSONDocument(validating: [5, 0, 0, 0, 0, 0]) }
    #expect(throws: BSONError.malformed("document terminator", offset: 4)) {
      try BSONDocument(validating: [5, 0, 0, 0, 1])
    }
    #expect(throws: BSONError.malformed("element type", offset: 4)) {
      try BSONDocument(validating: [8, 0, 0, 0, 0x20, 0x61, 0, 0])
    }
  }

  @Test func `keys and strings that are not UTF-8 are refused`() {
    let string = BSONDocument { $0.append("a", "xyz") }
    var spoiled = Array(string.bytes)
    spoiled[12] = 0xFF
    #expect(throws: BSONError.invalidUTF8(offset: 12)) { try BSONDocument(validating: spoiled) }
    spoiled = Array(string.bytes)
    spoiled[5] = 0xC0
    #expect(throws: BSONError.invalidUTF8(offset: 5)) { try BSONDocument(validating: spoiled) }
  }

  @Test func `nesting and size are limited`() throws {
    var document = BSONDocument()
    for _ in 1..<100 { document = BSONDocument { $0.append("a", document) } }
    #expect(try BSONDocument(validating: Array(document.bytes)) == document)
    let deeper = BSONDocument { $0.append("a", document) }
    #expect(throws: BSONError.tooDeep(limit: 100)) { try BSONDocument(validating: Array(deeper.bytes)) }
    #expect(throws: BSONError.tooLarge(bytes: deeper.byteCount, limit: 50)) {
      try BSONDocument(validating: Array(deeper.bytes), limits: BSONLimits(documentBytesMax: 50))
    }
  }

  @Test func `an array with odd keys is still an array`() throws {
    let odd = BSONDocument {
      $0.append("x", 1)
      $0.append("", 2)
    }
    let document = BSONDocument { $0.append("a", BSONArray(odd)) }
    #expect(try BSONDocument(validating: Array(document.bytes)).array("a")?.compactMap(\.intValue) == [1, 2])
    #expect(json(document) == #"{"a":[1,2]}"#)
  }

  @Test func `trusted bytes that are malformed read as far as they are sound`() {
    #expect(BSONDocument(trusting: []).isEmpty)
    #expect(BSONDocument(trusting: [9, 9, 9]).isEmpty)
    var bytes = Array(
      BSONDocument {
        $0.append("a", 1); $0.append("b", "text"); $0.append("c", 3)
      }.bytes)
    bytes[14] = 0x7E
    let broken = BSONDocument(trusting: bytes)
    #expect(broken.int("a") == 1)
    #expect(broken.int("c") == nil)
    #expect(json(broken).hasPrefix(#"{"a":1"#))
  }
}
