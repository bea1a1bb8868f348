import BSON
import Testing

@testable import Service

@Suite struct CursorTests {
  private let position = BSONDocument {
    $0.append("t", BSONDate(millisecondsSince1970: 1_714_557_600_000))
    $0.append("i", "e-1")
  }

  @Test func `a cursor comes back as the position it was made of`() {
    let text = Cursor.text(of: position, inList: "events/c_1")
    #expect(Cursor.position(in: text, ofList: "events/c_1") == position)
    #expect(
      text.utf8.allSatisfy { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8.contains($0) })
  }

  @Test func `another list does not take it`() {
    let text = Cursor.text(of: position, inList: "events/c_1")
    #expect(Cursor.position(in: text, ofList: "events/c_2") == nil)
    #expect(Cursor.position(in: text, ofList: "orders/c_1") == nil)
  }

  @Test func `no changed character goes unnoticed`() {
    let text = Array(Cursor.text(of: position, inList: "l").utf8)
    for index in text.indices {
      for replacement in [UInt8(ascii: "A"), UInt8(ascii: "_"), UInt8(ascii: "7")] where text[index] != replacement {
        var changed = text
        changed[index] = replacement
        #expect(Cursor.position(in: String(decoding: changed, as: UTF8.self), ofList: "l") == nil)
      }
      let cut = String(decoding: text[..<index], as: UTF8.self)
      #expect(Cursor.position(in: cut, ofList: "l") == nil)
    }
  }

  @Test(arguments: ["", "A", "====", "+/+/", "é", String(repeating: "A", count: 100_000), "null", "{\"$gt\":\"\"}"])
  func `what is no cursor is none`(_ text: String) {
    #expect(Cursor.position(in: text, ofList: "l") == nil)
  }

  @Test func `base 64 takes back what it writes and nothing else`() {
    for count in 0..<40 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
      let text = Base64URL.encode(bytes)
      #expect(Base64URL.decode(text) == bytes)
      #expect(Base64URL.decode(text + "=") == nil)
    }
    #expect(Base64URL.decode("AB") == nil, "bits are set beyond the last byte")
    #expect(Base64URL.decode("A") == nil)
    #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
  }
}
