import BSON
import Testing

private struct Stop: Error {}

@Suite struct WriterTests {
  @Test func `a NUL in a key never cuts it short`() throws {
    let document = BSONDocument { $0.append("$where\u{0}x", 1) }
    #expect(document.first(where: { _ in true })?.key == "$where\u{FFFD}x")
    #expect(try BSONDocument(validating: Array(document.bytes)) == document)
  }

  @Test func `a field whose body throws is taken back`() throws {
    var writer = BSONWriter()
    writer.append("a", 1)
    #expect(throws: Stop.self) {
      try writer.append("b") { (inner: inout BSONWriter) throws in
        inner.append("x", 1)
        throw Stop()
      }
    }
    #expect(throws: Stop.self) {
      try writer.append("c") { (inner: inout BSONArrayWriter) throws in
        inner.append("x")
        throw Stop()
      }
    }
    try writer.append("d") { (array: inout BSONArrayWriter) throws in
      array.append(1)
      #expect(throws: Stop.self) { try array.append { (_: inout BSONWriter) throws in throw Stop() } }
      #expect(throws: Stop.self) { try array.append { (_: inout BSONArrayWriter) throws in throw Stop() } }
      array.append(2)
      #expect(array.count == 2)
    }
    let document = writer.finish()
    #expect(json(document) == #"{"a":1,"d":[1,2]}"#)
    #expect(try BSONDocument(validating: Array(document.bytes)) == document)
  }

  @Test func `arrays number their values`() {
    let document = BSONDocument { $0.append("a") { array in for number in 0..<1001 { array.append(number) } } }
    let keys = document.array("a")?.document.map(\.key)
    #expect(keys == (0..<1001).map(String.init))
  }

  @Test func `fields are copied verbatim and under other keys`() {
    let source = BSONDocument {
      $0.append("a") { $0.append("x", 1.5) }; $0.append("b", "text")
    }
    let copy = BSONDocument { writer in
      for element in source { writer.append(element) }
      for element in source { writer.append(element.key + "2", valueOf: element) }
      writer.append("list") { array in for element in source { array.append(valueOf: element) } }
    }
    #expect(json(copy) == #"{"a":{"x":1.5},"b":"text","a2":{"x":1.5},"b2":"text","list":[{"x":1.5},"text"]}"#)
    let nested = source.document("a")
    #expect(nested.map { BSONDocument { $0.append(contentsOf: source) } == source && $0.double("x") == 1.5 } == true)
  }

  @Test func `accessors give nil for what is absent or of another type`() {
    let document = BSONDocument {
      $0.append("s", "1"); $0.append("d", 2.5); $0.append("i", Int64(1) << 40)
    }
    #expect(document.int("s") == nil && document.int("d") == nil && document.int("x") == nil)
    #expect(document.int("i") == 1 << 40 && document.double("i") == 1_099_511_627_776)
    #expect(document.string("d") == nil && document.bool("s") == nil && document.date("i") == nil)
    #expect(document.contains("s") && !document.contains("S"))
    #expect(document.element("d")?.keyEquals("d") == true && document.element("d")?.type == .double)
  }

  @Test func `an ObjectId is 24 digits and nothing else`() throws {
    let id = try #require(BSONObjectID(hex: "0123456789ABCDEFfedcba98"))
    #expect(id.hex == "0123456789abcdeffedcba98")
    #expect(BSONObjectID(bytes: id.bytes.span) == id)
    for text in ["", "0123", "0123456789abcdef0123456x", "0123456789abcdef012345678"] {
      #expect(BSONObjectID(hex: text) == nil)
    }
    #expect(BSONObjectID(bytes: [UInt8](repeating: 0, count: 11).span) == nil)
  }

  @Test func `a driver's buffer is scanned field by field`() throws {
    let document = BSONDocument {
      $0.append("a", 1); $0.append("bc") { $0.append("d", Int64(7)) }
    }
    document.withBytes { bytes in
      let whole = 0..<bytes.count
      let inner = BSONScan.field(named: "bc", of: whole, in: bytes)
      #expect(inner?.type == .document)
      let deep = inner.flatMap { BSONScan.field(named: "d", of: $0.value, in: bytes) }
      #expect(deep.flatMap { BSONScan.int($0, in: bytes) } == 7)
      #expect(BSONScan.field(named: "x", of: whole, in: bytes) == nil)
      #expect(BSONScan.field(at: 2, of: whole, in: bytes) == nil)
      #expect(BSONScan.field(at: 4, of: 0..<(bytes.count + 1), in: bytes) == nil)
    }
  }
}
