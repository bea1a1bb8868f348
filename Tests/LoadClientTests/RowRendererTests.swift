import CSV
import Testing

@testable import LoadClient

struct RowRendererTests {
  private func json(_ csv: String, _ kind: LoadKind, mapping: String? = nil, id: String? = nil) throws -> String {
    var reader = CSVReader(Array(csv.utf8))
    let header = try CSVHeader(#require(try reader.next())).names
    let map = try mapping.map { try ColumnMapping(parsing: Array($0.utf8)) }
    let renderer = try RowRenderer(header: header, kind: kind, mapping: map)
    var out: [UInt8] = []
    while let row = try reader.next() {
      if !out.isEmpty { out.append(UInt8(ascii: "\n")) }
      try renderer.append(row, id: id, to: &out)
    }
    return String(decoding: out, as: UTF8.self)
  }

  @Test func `dotted columns become nested objects and empty cells are left out`() throws {
    let csv = "source,sourceId,address.city,firstName,address.street,email\nweb,7,Troy,Ann,,\nweb,8,,Bo,,\n"
    #expect(
      try json(csv, .customers)
        == #"{"source":"web","sourceId":"7","firstName":"Ann","address":{"city":"Troy"}}"# + "\n"
        + #"{"source":"web","sourceId":"8","firstName":"Bo"}"#)
  }

  @Test(arguments: [
    ("12", "12"), (" 12.50 ", "12.50"), ("+5", "5"), (".5", "0.5"), ("-.5", "-0.5"), ("007", "7"), ("12.", "12.0"),
    ("0", "0"), ("-0.0", "-0.0"), ("1e3", "1e3"), ("1.e3", "1.0e3"), ("twelve", "\"twelve\""), ("1,5", "\"1,5\""),
    ("NaN", "\"NaN\""), ("0x10", "\"0x10\""),
  ])
  func `a number is a number and anything else stays text`(cell: String, expected: String) throws {
    #expect(try json("productId,price\np,\"\(cell)\"\n", .products) == "{\"productId\":\"p\",\"price\":\(expected)}")
  }

  @Test(arguments: [("true", "true"), ("NO", "false"), ("1", "true"), ("perhaps", "\"perhaps\"")])
  func `yes and no are booleans`(cell: String, expected: String) throws {
    #expect(try json("productId,inStock\np,\(cell)\n", .products) == "{\"productId\":\"p\",\"inStock\":\(expected)}")
    #expect(
      try json("sourceId,consents.marketing\ns,\(cell)\n", .customers)
        == "{\"sourceId\":\"s\",\"consents\":{\"marketing\":\(expected)}}")
  }

  @Test func `JSON in a cell of a list field is taken as it is, on one line`() throws {
    let csv = "orderId,lineItems\no,\"[{\"\"productId\"\":\n\"\"p\"\",\"\"quantity\"\":2}]\"\n"
    #expect(try json(csv, .orders) == #"{"orderId":"o","lineItems":[{"productId": "p","quantity":2}]}"#)
  }

  @Test func `broken JSON in a cell stays text for the service to refuse`() throws {
    #expect(try json("orderId,lineItems\no,[1;2\n", .orders) == #"{"orderId":"o","lineItems":"[1;2"}"#)
  }

  @Test func `ids keep their zeros`() throws {
    #expect(try json("orderId,userId\n0007,00003\n", .orders) == #"{"orderId":"0007","userId":"00003"}"#)
  }

  @Test func `columns that the kind does not know go to attributes or properties`() throws {
    #expect(
      try json("productId,colour,size.eu\np,red,42\n", .products)
        == #"{"productId":"p","attributes":{"colour":"red","size.eu":"42"}}"#)
    #expect(
      try json("eventName,platform\nview_item,ios\n", .events, mapping: "{}")
        == #"{"eventName":"view_item","properties":{"platform":"ios"}}"#)
  }

  @Test func `a mapping renames, drops, adds constants and types`() throws {
    let mapping = """
      {"columns": {"item": "productId", "note": null, "kind": ["category", "attributes.kinds"], "y": "attributes.year"},
       "constants": {"currency": "EUR", "inStock": true, "attributes.shop": {"id": 3}},
       "numbers": ["attributes.year"], "lists": {"kind": "|"}}
      """
    #expect(
      try json("item,note,kind,y,other\n9,secret,Toys|Books,1995.0,z\n", .products, mapping: mapping)
        == #"{"productId":"9","category":"Toys","currency":"EUR","inStock":true,"#
        + #""attributes":{"kinds":["Toys","Books"],"year":1995.0,"other":"z","shop":{"id":3}}}"#)
  }

  @Test func `a row without an id gets the given one`() throws {
    #expect(
      try json("userId,orderTotal\nu,5\n", .orders, id: "row-1") == #"{"orderId":"row-1","userId":"u","orderTotal":5}"#)
    #expect(try json("orderId,orderTotal\no,5\n", .orders, id: "row-1") == #"{"orderId":"o","orderTotal":5}"#)
  }

  @Test(arguments: [
    ("a,b,a", "{}"), ("address,address.city", "{}"), ("x,y", #"{"columns":{"x":"email","y":"email"}}"#),
    ("x", #"{"columns":{"nowhere":"email"}}"#), ("x", #"{"lists":{"nowhere":"|"}}"#),
    ("email", #"{"constants":{"email":"a@example.com"}}"#),
  ])
  func `a header that cannot be followed is refused`(header: String, mapping: String) {
    #expect(throws: RowRenderer.HeaderFault.self) { try json(header + "\n", .customers, mapping: mapping) }
  }

  @Test(arguments: [
    "", "[]", #"{"colums":{}}"#, #"{"columns":[]}"#, #"{"columns":{"a":5}}"#, #"{"columns":{"a":[5]}}"#,
    #"{"columns":{"a":""}}"#, #"{"constants":5}"#, #"{"numbers":"a"}"#, #"{"lists":{"a":"||"}}"#,
    #"{"lists":{"a":"·"}}"#,
  ])
  func `a mapping with a mistake is refused`(mapping: String) {
    #expect(throws: LoadError.self) { try ColumnMapping(parsing: Array(mapping.utf8)) }
  }

  @Test func `a cell that is not UTF-8 names its field`() throws {
    var reader = CSVReader(Array("sourceId,firstName\ns,A".utf8) + [0xFF, 0x0A])
    let header = try CSVHeader(#require(try reader.next())).names
    let renderer = try RowRenderer(header: header, kind: .customers, mapping: nil)
    let row = try #require(try reader.next())
    var out: [UInt8] = [1]
    #expect(throws: RowRenderer.CellFault(field: "firstName")) { try renderer.append(row, id: nil, to: &out) }
    #expect(out == [1])
  }
}

struct RowIdentityTests {
  private func ids(_ csv: String, _ kind: LoadKind = .orders) throws -> [String] {
    var reader = CSVReader(Array(csv.utf8))
    var identity = RowIdentity(kind)
    var ids: [String] = []
    while let row = try reader.next() { ids.append(identity.id(of: row)) }
    return ids
  }

  @Test func `equal rows are numbered and the same file gives the same ids`() throws {
    let file = "1,5.00\n2,5.00\n1,5.00\n1,5.00\n"
    let first = try ids(file)
    #expect(first[2] == first[0] + "-2" && first[3] == first[0] + "-3")
    #expect(Set(first).count == 4)
    #expect(try ids(file) == first)
  }

  @Test func `the spelling of CSV does not matter, the cells and the kind do`() throws {
    #expect(try ids("a,\"b\"\r\n") == ids("a,b\n"))
    #expect(try ids("ab,c\n") != ids("a,bc\n"))
    #expect(try ids("a,b\n") != ids("a,b\n", .events))
  }

  @Test func `many digests are told apart`() {
    var seen = SeenDigests()
    var news = 0
    for number in 0..<10_000 where seen.insert(UInt64(number % 5000) &* 0x9E37_79B9_7F4A_7C15) { news += 1 }
    #expect(news == 5000)
  }
}
