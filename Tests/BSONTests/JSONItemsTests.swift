import BSON
import Testing

@Suite struct JSONItemsTests {
  func items(_ text: String, _ limits: JSONLimits = JSONLimits()) throws(JSONError) -> [String] {
    let bytes = Array(text.utf8)
    return try JSONDecoding.items(ofArray: bytes.span, limits: limits).map {
      String(decoding: bytes[$0], as: UTF8.self)
    }
  }

  @Test func `an array is split without its white space`() throws {
    #expect(try items("[]") == [])
    #expect(try items(" [ \n ] ") == [])
    #expect(try items(#"[ {"a" : [1, 2]} , 2,"x,]" ,[[]]]"#) == [#"{"a" : [1, 2]}"#, "2", #""x,]""#, "[[]]"])
  }

  @Test func `one bad item does not spoil the others`() throws {
    let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
    let bad = [
      #"{"a":1,"a":2}"#, #"{"a":99999999999999999999}"#, #"{"a":1e999}"#, #"{"a\u0000":1}"#, #"{"a":"\ud800"}"#,
      #"{"a":\#(deep)}"#, "7",
    ]
    let text = Array(("[" + bad.joined(separator: #",{"good":1},"#) + "]").utf8)
    let ranges = try JSONDecoding.items(ofArray: text.span)
    #expect(ranges.count == bad.count * 2 - 1)
    for (position, range) in ranges.enumerated() {
      let result = Result { () throws(JSONError) in try JSONDecoding.document(from: text[range].span) }
      if position % 2 == 1 {
        #expect(try result.get().int("good") == 1)
      } else {
        #expect(throws: JSONError.self) { try result.get() }
      }
    }
    let latin = Array(#"[{"a":"x"},{"a":""#.utf8) + [0xE9] + Array(#""},{"a":"z"}]"#.utf8)
    #expect(try JSONDecoding.items(ofArray: latin.span).count == 3)
  }

  @Test(arguments: [
    ("", JSONError(.empty, offset: 0)), ("{}", JSONError(.notAnArray, offset: 0)),
    ("[1,2", JSONError(.unexpectedEnd, offset: 4)), ("[1]x", JSONError(.trailingBytes, offset: 3)),
    ("[1,,2]", JSONError(.unexpectedByte, offset: 3, path: "/1")),
    ("[1,]", JSONError(.unexpectedByte, offset: 3, path: "/1")),
    ("[{}{}]", JSONError(.unexpectedByte, offset: 3)),
    (#"[{"a":}]"#, JSONError(.unexpectedByte, offset: 6, path: "/0")),
    (#"[{"a"}]"#, JSONError(.unexpectedByte, offset: 5, path: "/0")),
    ("[01]", JSONError(.invalidNumber, offset: 2, path: "/0")),
    ("[{]}", JSONError(.unexpectedByte, offset: 2, path: "/0")),
    ("[[}]", JSONError(.unexpectedByte, offset: 2, path: "/0")),
    ("[\"\n\"]", JSONError(.controlCharacter, offset: 2, path: "/0")),
    (#"["\x"]"#, JSONError(.invalidEscape, offset: 2, path: "/0")),
    (#"["\u12G4"]"#, JSONError(.invalidEscape, offset: 6, path: "/0")),
    ("[tru]", JSONError(.unexpectedByte, offset: 1, path: "/0")),
    ("[nul", JSONError(.unexpectedEnd, offset: 1, path: "/0")),
    (#"["abc"#, JSONError(.unexpectedEnd, offset: 5, path: "/0")),
    ("[-]", JSONError(.invalidNumber, offset: 2, path: "/0")),
    (#"[{"a":1,}]"#, JSONError(.unexpectedByte, offset: 8, path: "/0")),
  ])
  func `a broken envelope is refused as a whole`(text: String, error: JSONError) {
    #expect(throws: error) { try items(text) }
  }

  @Test func `items are counted up to the limit`() throws {
    let limits = JSONLimits(itemsMax: 3)
    #expect(try items("[1,2,3]", limits).count == 3)
    #expect(throws: JSONError(.tooManyItems, offset: 7)) { try items("[1,2,3,4]", limits) }
  }

  @Test func `an envelope gives its items and its other members`() throws {
    let text = Array(#"{"sentAt":"t","events":[{"a":1}, {"b":{"x":1,"x":2}}],"context":{"ip":null}}"#.utf8)
    let envelope = try JSONDecoding.envelope(from: text.span, itemsKey: "events")
    #expect(json(envelope.fields) == #"{"sentAt":"t","context":{"ip":null}}"#)
    #expect(
      envelope.items?.map { String(decoding: text[$0], as: UTF8.self) } == [#"{"a":1}"#, #"{"b":{"x":1,"x":2}}"#])
    let nested = Array(#"{"context":{"events":[1]}}"#.utf8)
    #expect(try JSONDecoding.envelope(from: nested.span, itemsKey: "events").items == nil)
    let empty = Array(#"{"events":[]}"#.utf8)
    #expect(try JSONDecoding.envelope(from: empty.span, itemsKey: "events").items == [])
  }

  @Test(arguments: [
    (#"[1]"#, JSONError(.notAnObject, offset: 0)),
    (#"{"events":1}"#, JSONError(.notAnArray, offset: 10, path: "/events")),
    (#"{"events":[],"events":[]}"#, JSONError(.duplicateKey, offset: 13, path: "/events")),
    (#"{"events":[1,x]}"#, JSONError(.unexpectedByte, offset: 13, path: "/events/1")),
    (#"{"a":1,"a":1,"events":[]}"#, JSONError(.duplicateKey, offset: 7, path: "/a")),
    (#"{"events":[]} x"#, JSONError(.trailingBytes, offset: 14)),
    (#"{"events":[1]"#, JSONError(.unexpectedEnd, offset: 13)),
  ])
  func `a bad envelope says where`(text: String, error: JSONError) {
    #expect(throws: error) { try JSONDecoding.envelope(from: Array(text.utf8).span, itemsKey: "events") }
  }

  @Test func `lines are split at line feeds, empty ones left out`() throws {
    let text = Array("{\"a\":1}\r\n\n  {\"b\":2} \n\t\n{\"c\":\"x\\ny\"}".utf8)
    let lines = try JSONDecoding.lines(ofNDJSON: text.span)
    #expect(lines.map { String(decoding: text[$0], as: UTF8.self) } == [#"{"a":1}"#, #"{"b":2}"#, #"{"c":"x\ny"}"#])
    #expect(try JSONDecoding.lines(ofNDJSON: [UInt8]().span).isEmpty)
    #expect(throws: JSONError(.tooManyItems, offset: 2)) {
      try JSONDecoding.lines(ofNDJSON: Array("1\n2".utf8).span, limits: JSONLimits(itemsMax: 1))
    }
  }
}
