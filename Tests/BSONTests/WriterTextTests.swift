import Testing

@testable import BSON

@Suite struct `Text of a stranger` {
  @Test(arguments: ["", "a", "caf\u{E9}", "\u{1F600}", "a\0b", "12345678\u{20AC}"])
  func `is written as a string`(text: String) {
    var writer = BSONWriter()
    let padded = [0xFF] + Array(text.utf8) + [0xFF]
    let isUTF8 = BSONScan.isUTF8(padded.span.extracting(1..<padded.count - 1))
    #expect(isUTF8)
    writer.append("before", 1)
    let place = writer.append("k".utf8Span.span, text: padded.span.extracting(1..<padded.count - 1))
    let document = writer.finish()
    #expect(
      document
        == BSONDocument {
          $0.append("before", 1)
          $0.append("k", text)
        })
    let found = document.withBytes { BSONScan.field(named: "k", of: 0..<$0.count, in: $0) }
    #expect(place.type == found?.type && place.key == found?.key && place.value == found?.value)
  }

  @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x61, 0xC3]] as [[UInt8]])
  func `is told from bytes that are not UTF-8`(bytes: [UInt8]) {
    let isUTF8 = BSONScan.isUTF8(bytes.span)
    #expect(!isUTF8)
  }

  @Test func `is plain when it is ASCII without NUL, whatever stands where`() {
    for length in 0...20 {
      let plain = (0..<length).map { UInt8(1 + $0 * 6) } + [0x7F, 1]
      let isPlain = BSONScan.isPlainText(plain.span)
      #expect(isPlain)
      for place in plain.indices {
        for byte in [0, 0x80, 0x81, 0xFF] as [UInt8] {
          var other = plain
          other[place] = byte
          let isStillPlain = BSONScan.isPlainText(other.span)
          #expect(!isStillPlain, "\(byte) at \(place)")
        }
      }
    }
  }
}

@Suite struct `Fields under keys that are bytes` {
  @Test func `are those under the same keys as text`() {
    let key = "a key of some length"
    var writer = BSONWriter()
    writer.append(key.utf8Span.span, text: "text".utf8Span.span)
    writer.append(key.utf8Span.span, "text")
    for number in [0, -1, Int(Int32.max), Int(Int32.max) + 1, .min] { writer.append(key.utf8Span.span, number) }
    writer.append(key.utf8Span.span, -0.5)
    writer.append(key.utf8Span.span, true)
    writer.append(key.utf8Span.span, BSONDate(millisecondsSince1970: -1))
    writer.append(key, prefix: "te", text: "xt".utf8Span.span)
    let document = writer.finish()
    let same = BSONDocument {
      $0.append(key, "text")
      $0.append(key, "text")
      for number in [0, -1, Int(Int32.max), Int(Int32.max) + 1, .min] { $0.append(key, number) }
      $0.append(key, -0.5)
      $0.append(key, true)
      $0.append(key, BSONDate(millisecondsSince1970: -1))
      $0.append(key, "text")
    }
    #expect(document == same)
  }

  @Test(arguments: 0...20) func `a NUL is found wherever it stands`(length: Int) {
    let bytes = [UInt8](repeating: 0xFF, count: length)
    let hasNone = !BSONScan.hasNUL(bytes.span)
    #expect(hasNone)
    for place in 0..<length {
      var with = bytes
      with[place] = 0
      let hasOne = BSONScan.hasNUL(with.span)
      #expect(hasOne, "at \(place)")
    }
  }

  @Test func `a nested document lies where the writer says`() {
    var writer = BSONWriter()
    writer.append("a", 1)
    let place = writer.append("inner".utf8Span.span, document: { (inner: inout BSONWriter) in inner.append("b", 2) })
    writer.append("c", 3)
    let found = writer.finish().withBytes { BSONScan.field(named: "inner", of: 0..<$0.count, in: $0) }
    #expect(place.type == .document && place.key == found?.key && place.value == found?.value)
  }

  @Test func `one writer's memory serves many documents`() {
    var writer = BSONWriter(reservingCapacity: 1)
    var documents: [BSONDocument] = []
    for number in 0..<100 {
      writer.append("forgotten", number)
      writer.restart()
      writer.append("text", String(repeating: "x", count: number * 50))
      writer.append("list") { list in for value in 0..<number { list.append(value) } }
      let lent = number % 2 == 0 ? nil : writer.lendDocument { BSONDocument(copying: $0) }
      documents.append(lent ?? writer.takeDocument())
    }
    for (number, document) in documents.enumerated() {
      #expect(document.string("text")?.utf8.count == number * 50 && document.array("list")?.document.count == number)
      #expect((try? BSONDocument(validating: Array(document.bytes))) == document)
    }
  }

  @Test func `a draft is filled in at its places`() {
    var writer = BSONWriter()
    writer.append("a", Int32(1))
    let small = writer.byteCount - 1 - 4
    writer.append("b", Int64(1))
    let large = writer.byteCount - 1 - 8
    var draft = writer.finishDraft()
    draft.fill(int32: -2, at: small)
    draft.fill(int64: .min, at: large)
    let document = draft.withBytes { BSONDocument(copying: $0) }
    #expect(
      document
        == BSONDocument {
          $0.append("a", Int32(-2)); $0.append("b", Int64.min)
        })
  }
}
