import BSON
import Testing

@testable import Projection

private func record(_ id: String, at: Int64?, _ build: (inout BSONWriter) -> Void) -> BSONDocument {
  BSONDocument { writer in
    writer.append("_id", id)
    if let at { writer.append("updatedAt", BSONDate(millisecondsSince1970: at)) }
    build(&writer)
  }
}

private func golden(_ records: [BSONDocument]) -> BSONDocument {
  BSONDocument { GoldenRecord(records: records).append(to: &$0) }
}

@Suite struct GoldenRecordTests {
  @Test(.timeLimit(.minutes(1))) func `a hundred thousand attributes are chosen in no more than as many steps`() {
    let count = 100_000
    let records = (0..<3).map { number in
      record("a/\(number)", at: Int64(number)) { record in
        record.append("attributes", document: { for index in 0..<count { $0.append("k\(index)", Int32(number)) } })
      }
    }
    let attributes = golden(records).document("attributes")
    #expect(attributes?.count == count && attributes?.allSatisfy { $0.value.doubleValue == 2 } == true)
  }

  @Test func `the most recent value that is not empty wins`() {
    let made = golden([
      record("a/1", at: 10) {
        $0.append("firstName", "Old"); $0.append("lastName", "Name")
      },
      record("a/2", at: 20) {
        $0.append("firstName", "New"); $0.append("lastName", "  ")
      },
      record("a/3", at: nil) { $0.append("firstName", "Undated") },
    ])
    #expect(made.string("firstName") == "New")
    #expect(made.string("lastName") == "Name")
  }

  @Test func `a denied consent wins over a given one`() {
    let made = golden([
      record("a/1", at: 10) {
        $0.append(
          "consents",
          document: {
            $0.append("marketing", false); $0.append("service", true)
          })
      },
      record("a/2", at: 20) { $0.append("consents", document: { $0.append("marketing", true) }) },
    ])
    #expect(made.document("consents")?.bool("marketing") == false)
    #expect(made.document("consents")?.bool("service") == true)
  }

  @Test func `the order of records changes no byte`() {
    let records = [
      record("a/1", at: 10) {
        $0.append(
          "attributes",
          document: {
            $0.append("b", 1); $0.append("a", 2)
          })
      },
      record("a/2", at: 10) {
        $0.append(
          "attributes",
          document: {
            $0.append("b", 3); $0.append("$c", "x")
          })
      },
      record("a/3", at: nil) { $0.append("warranties", ["W2", "W1"]) },
    ]
    #expect(golden(records) == golden(records.reversed()))
  }
}
