import BSON
import Testing

@testable import Ingestion

@Suite struct `A merge patch` {
  /// The examples of RFC 7396, appendix A, whose document and patch are both objects.
  @Test(arguments: [
    (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
    (#"{"a":"b"}"#, #"{"a":null}"#, #"{}"#),
    (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
    (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
    (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
    (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
    (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
    (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
    (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
  ])
  func `does what RFC 7396 says`(document: String, patch: String, result: String) throws {
    #expect(merged(try read(document), with: try read(patch)) == (try read(result)))
  }

  @Test(.timeLimit(.minutes(1))) func `of a hundred thousand members is merged in as many steps`() {
    func members(_ range: Range<Int32>, _ value: Int32) -> BSONDocument {
      BSONDocument { for index in range { $0.append("k\(index)", value) } }
    }
    let made = merged(members(0..<100_000, 1), with: members(50_000..<150_000, 2))
    #expect(made.count == 150_000 && made["k0"]?.doubleValue == 1)
    #expect(made.reduce(0.0) { $0 + ($1.value.doubleValue ?? 0) } == 250_000)
  }

  private func read(_ json: String) throws -> BSONDocument { try JSONDecoding.document(from: Array(json.utf8).span) }
}
