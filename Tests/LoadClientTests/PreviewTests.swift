import Testing

@testable import LoadClient

@Suite struct PreviewTests {
  private func preview(_ content: String, mapping: String? = nil, kind: LoadKind = .orders) throws -> Preview {
    let folder = try TemporaryFolder()
    let path = try folder.file("preview", content)
    var options = LoadOptions(kind: kind)
    options.mapping = try mapping.map { try ColumnMapping(parsing: Array($0.utf8)) }
    return try Preview(path, options: options)
  }

  @Test func `shows ten records before and after, and sends none`() throws {
    let rows = (0..<12).map { "c\($0),2024-05-01,\($0)" }.joined(separator: "\n")
    let preview = try preview(
      "customer_id,date,amount\n\(rows)\n",
      mapping:
        #"{"columns":{"customer_id":"userId","date":"orderDate","amount":"orderTotal"},"constants":{"orderId":"O"}}"#)
    #expect(preview.rows.count == 10)
    #expect(preview.rows[1].line == 3 && preview.rows[1].before == "c1,2024-05-01,1")
    #expect(preview.rows[1].after == #"{"userId":"c1","orderDate":"2024-05-01","orderTotal":1,"orderId":"O"}"#)
    #expect(preview.text.hasPrefix("line 2\n  before  c0,2024-05-01,0\n  after   {"))
  }

  @Test func `says what would not be sent, and why`() throws {
    let preview = try preview("orderId,orderTotal\no1,1\no2\n")
    #expect(preview.rows.count == 2)
    #expect(preview.rows[1].after == nil && preview.rows[1].reason?.isEmpty == false)
  }

  @Test func `lines are shown as they stand`() throws {
    let preview = try preview("{\"orderId\":\"o\"}\n")
    #expect(preview.rows.map(\.after) == [#"{"orderId":"o"}"#])
  }
}
