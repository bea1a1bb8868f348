import BSON
import Testing

@Suite struct RoundTripTests {
  @Test func `a document of every type reads back as it was written`() throws {
    let inner = BSONDocument { $0.append("x", 1) }
    let id = try #require(BSONObjectID(hex: "0123456789abcdef01234567"))
    let values: [(String, BSONValue)] = [
      ("double", .double(1.5)), ("string", .string("grüße\u{0}x")), ("document", .document(inner)),
      (
        "array",
        .array(
          BSONArray {
            $0.append("a"); $0.append(2)
          })
      ), ("binary", .binary(BSONBinary([1, 2, 3], subtype: 4))),
      ("old", .binary(BSONBinary([1, 2, 3], subtype: 2))), ("undefined", .undefined), ("id", .objectID(id)),
      ("true", .bool(true)), ("date", .date(BSONDate(millisecondsSince1970: -1))), ("null", .null),
      ("regex", .regex(pattern: "^a", options: "i")), ("pointer", .dbPointer(collection: "c", id: id)),
      ("code", .code("f()")), ("symbol", .symbol("s")), ("scope", .codeWithScope("g()", inner)),
      ("int32", .int32(-7)), ("timestamp", .timestamp(1 << 32 | 5)), ("int64", .int64(.min)),
      ("decimal", .decimal128(try #require(BSONDecimal128("1.50")))), ("min", .minKey), ("max", .maxKey),
    ]
    let document = BSONDocument { for (key, value) in values { $0.append(key, value) } }
    let checked = try BSONDocument(validating: Array(document.bytes))
    #expect(checked.count == values.count)
    for ((key, value), element) in zip(values, checked) {
      #expect(element.key == key)
      #expect(element.value == value)
      #expect(checked[key] == value)
    }
  }

  @Test func `a document turned to JSON and back is the same document`() throws {
    let document = BSONDocument {
      $0.append("name", "Ann \"Q\" \u{1F600}\n")
      $0.append("n", 42)
      $0.append("big", Int64(1) << 40)
      $0.append("price", 12.34)
      $0.append("flags") {
        $0.append(true); $0.appendNull()
      }
      $0.append("deep") { $0.append("k", "v") }
    }
    var json: [UInt8] = []
    JSONEncoding.append(document, to: &json)
    #expect(
      String(decoding: json, as: UTF8.self)
        == #"{"name":"Ann \"Q\" 😀\n","n":42,"big":1099511627776,"price":12.34,"flags":[true,null],"deep":{"k":"v"}}"#)
    #expect(try JSONDecoding.document(from: json.span) == document)
  }
}
