import BSON
import Testing

/// Texts made to be slow. A quadratic step anywhere would take minutes here; each has a limit of one minute and takes
/// about a second even unoptimized.
@Suite(.timeLimit(.minutes(1))) struct LinearTimeTests {
  @Test func `a hundred thousand keys`() throws {
    let keys = (0..<100_000).map { #""k\#($0)":0"# }
    let document = try parse("{" + keys.joined(separator: ",") + "}")
    #expect(document.count == 100_000)
    #expect(throws: JSONError.self) { try parse("{" + (keys + [#""k5":1"#]).joined(separator: ",") + "}") }
  }

  @Test func `a hundred thousand objects with thirteen keys`() throws {
    let item = "{" + (0..<13).map { #""k\#($0)":0"# }.joined(separator: ",") + "}"
    let text = "[" + Array(repeating: item, count: 20_000).joined(separator: ",") + "]"
    #expect(refusal(Array(text.utf8)) == nil)
  }

  @Test func `a string of ten megabytes`() throws {
    let text = #"{"a":""# + String(repeating: "x", count: 10_000_000) + #""}"#
    #expect(try parse(text).string("a")?.utf8.count == 10_000_000)
    let escaped = #"{"a":""# + String(repeating: #"\n"#, count: 5_000_000) + #""}"#
    #expect(try parse(escaped).string("a")?.utf8.count == 5_000_000)
  }

  @Test func `a million empty arrays`() throws {
    let text = "[" + String(repeating: "[],", count: 999_999) + "[]]"
    guard case .array(let array) = try value(text) else { return }
    #expect(array.count == 1_000_000)
    #expect(throws: JSONError(.tooManyItems, offset: 300_001)) {
      try JSONDecoding.items(ofArray: Array(text.utf8).span)
    }
  }

  @Test func `nesting a million deep`() {
    for bracket in ["[", #"{"a":"#] {
      let text = Array(String(repeating: bracket, count: 1_000_000).utf8)
      #expect(refusal(text)?.kind == .tooDeep)
      #expect(throws: JSONError.self) { try JSONDecoding.items(ofArray: ([UInt8(ascii: "[")] + text).span) }
    }
    let closed = Array((String(repeating: "[", count: 1_000_000) + String(repeating: "]", count: 1_000_000)).utf8)
    #expect(throws: Never.self) { try JSONDecoding.items(ofArray: closed.span) }
  }

  @Test func `a number of ten megabytes`() {
    #expect(refusal([UInt8](repeating: UInt8(ascii: "7"), count: 10_000_000))?.kind == .integerOutOfRange)
    let fraction = Array("0.".utf8) + [UInt8](repeating: UInt8(ascii: "7"), count: 10_000_000)
    #expect(refusal(fraction) == nil)
    #expect(refusal(fraction + Array("e308".utf8)) == nil)
    #expect(
      refusal(Array("1".utf8) + [UInt8](repeating: UInt8(ascii: "0"), count: 1_000_000) + Array("e1".utf8))?.kind
        == .numberOutOfRange)
  }

  @Test func `an error in the last of many values is found as fast`() {
    let text = "[" + String(repeating: #"{"a":1},"#, count: 300_000) + "x]"
    #expect(refusal(Array(text.utf8))?.path == "/300000")
  }
}
