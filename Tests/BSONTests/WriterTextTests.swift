import Testing

@testable import BSON

@Suite struct `Text of a stranger` {
  @Test(arguments: ["", "a", "caf\u{E9}", "\u{1F600}", "a\0b", "12345678\u{20AC}"])
  func `is written as a string`(text: String) {
    var writer = BSONWriter()
    let padded = [0xFF] + Array(text.utf8) + [0xFF]
    let isWritten = writer.append("k", utf8: padded[1..<padded.count - 1])
    #expect(isWritten)
    #expect(writer.finish() == BSONDocument { $0.append("k", text) })
  }

  @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x61, 0xC3]] as [[UInt8]])
  func `that is not UTF-8 writes nothing`(bytes: [UInt8]) {
    var writer = BSONWriter()
    let isWritten = writer.append("k", utf8: bytes[...])
    #expect(!isWritten)
    #expect(writer.finish().isEmpty)
  }
}
