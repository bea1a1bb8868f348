import BSON
import Testing

@Suite struct JSONReaderTests {
  @Test func `a reader gives what one made for each text gives, whatever it read before`() {
    let many = "{" + (0..<40).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
    let texts = [
      #"{"a":1,"b":{"c":[1,2,{"d":null}]}}"#, many + "}", many + #","key7":1}"#, many + ",", #"{"a":1,"a":2}"#, "",
      "[1]", #"{"a":{"b":{"b":1,"b":2}}}"#, #"{"a":"\u00e9\ud83d\ude00"}"#, #"{"a":"\ud83d"}"#, "{}", #"{"a":1}x"#,
      #"{"a":"# + String(repeating: "[", count: 80), #"{"long":""# + String(repeating: "x", count: 5000) + #""}"#,
      #" {"a" : 12.5e3 } "#,
    ]
    var generator = Seeded(7)
    var reader = JSONReader(capacity: 64)
    for _ in 0..<2000 {
      let text = Array(texts[Int.random(in: texts.indices, using: &generator)].utf8)
      let fresh = Result { () throws(JSONError) in try JSONDecoding.document(from: text.span) }
      let isLent = Bool.random(using: &generator)
      let again = Result { () throws(JSONError) in
        isLent
          ? try reader.withDocument(from: text.span) { BSONDocument(copying: $0) }
          : try reader.document(from: text.span)
      }
      switch (fresh, again) {
      case (.success(let one), .success(let other)): #expect(one == other)
      case (.failure(let one), .failure(let other)):
        #expect(one.code == other.code && one.offset == other.offset && one.path == other.path)
      default: Issue.record("\(fresh) and \(again)")
      }
    }
  }
}
