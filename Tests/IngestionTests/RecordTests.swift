import BSON
import Testing

@testable import Ingestion

@Suite struct `A customer record` {
  @Test func `becomes canonical content under source and id`() throws {
    let item = try only(
      .customers,
      #"{"email":" A@B.C ","sourceId":7,"source":"web","phone":"555-0100","address":{"postalCode":2560,"street":"1 Elm","floor":"3"},"consents":{"profiling":false,"marketing":true,"service":null},"birthDate":"1960-02-29","updatedAt":"2024-02-29T12:00:00Z","warranties":[{"b":1,"a":2}],"lifetimeValue":9.5,"attributes":{"vip":true,"$x":1}}"#
    )
    #expect(item.id == "web/7")
    #expect(item.updatedAt?.rfc3339 == "2024-02-29T12:00:00.000Z")
    #expect(
      item.json
        == #"{"source":"web","sourceId":"7","email":" A@B.C ","phone":"555-0100","birthDate":"1960-02-29","address":{"street":"1 Elm","postalCode":"2560","floor":"3"},"warranties":[{"a":2,"b":1}],"consents":{"marketing":true,"profiling":false},"updatedAt":"2024-02-29T12:00:00.000Z","attributes":{"$x":1,"lifetimeValue":9.5,"vip":true}}"#
    )
  }

  @Test(arguments: [
    (#""source":null"#, "required", "source"), (#""source":"a b""#, "not_a_name", "source"),
    (#""source":"a/b""#, "not_a_name", "source"), (#""source":"""#, "empty_id", "source"),
    (#""source":"\#(String(repeating: "s", count: 65))""#, "not_a_name", "source"),
    (#""sourceId":null"#, "required", "sourceId"), (#""sourceId":"""#, "empty_id", "sourceId"),
    (#""sourceId":1.5"#, "not_an_id", "sourceId"), (#""birthDate":"1961-02-29""#, "not_a_date", "birthDate"),
    (#""birthDate":"19600229""#, "not_a_date", "birthDate"), (#""birthDate":19600229"#, "not_a_date", "birthDate"),
    (#""consents":{"marketing":"yes"}"#, "not_a_boolean", "consents.marketing"),
    (#""consents":{"$gt":true}"#, "key_not_allowed", "consents.$gt"), (#""consents":[]"#, "not_an_object", "consents"),
    (#""address":"1 Elm""#, "not_an_object", "address"), (#""address":{"city":5}"#, "not_a_string", "address.city"),
    (#""address":{"$where":5}"#, "key_not_allowed", "address.$where"),
    (#""warranties":{}"#, "not_an_array", "warranties"),
    (#""warranties":[{"a.b":1}]"#, "key_not_allowed", "warranties[0].a.b"),
    (#""updatedAt":"x""#, "not_a_timestamp", "updatedAt"), (#""userId":{"$ne":1}"#, "not_an_id", "userId"),
    (#""email":["a@b.c"]"#, "not_an_id", "email"), (#""firstName":{}"#, "not_a_string", "firstName"),
    (#""attributes":"x""#, "not_an_object", "attributes"), (#""$set":{}"#, "key_not_allowed", "$set"),
  ])
  func `says what is wrong and where`(members: String, code: String, field: String) throws {
    var body = "{" + members
    if !members.contains("\"source\"") { body += #","source":"web""# }
    if !members.contains("\"sourceId\"") { body += #","sourceId":"1""# }
    let rejection = try fault(.customers, "[\(body)}]")
    #expect(rejection.code == code)
    #expect(rejection.field == field)
  }

  @Test(arguments: ["nonsense", "@", "1", ""])
  func `keeps an address that nobody can write to`(email: String) throws {
    let item = try only(.customers, #"{"source":"web","sourceId":"1","email":"\#(email)"}"#)
    #expect(item.document.string("email") ?? "" == email)
  }

  @Test func `is the same content in every spelling`() throws {
    let one = try only(.customers, #"{"source":"web","sourceId":"1","a":1,"b":{"c":1,"d":2},"firstName":"X"}"#)
    let other = try only(
      .customers, #"{"firstName":"X","attributes":{"b":{"d":2,"c":1},"a":1},"sourceId":1,"_id":"z","source":"web"}"#)
    #expect(one == other)
  }

  @Test(arguments: [IngestKind.customers, .products, .orders, .ratings])
  func `of any kind never sets what belongs to its collection`(kind: IngestKind) throws {
    let body = #"""
      {"source":"web","sourceId":"1","productId":"P","orderId":"O","userId":"U","rating":1,"orderDate":20240229,
      "orderTotal":5,"_id":"evil","subject":"user:evil","day":1,"version":99,"contentHash":"x","deleted":true,
      "receivedAt":"x","tenantId":"t","score":1,"role":"admin","createdAt":"x"}
      """#
    let item = try only(kind, body)
    for name in ["_id", "version", "contentHash", "deleted", "receivedAt", "tenantId", "score", "role", "createdAt"] {
      #expect(item.document[name] == nil)
    }
    #expect(!item.id.contains("evil"))
    #expect(item.document.string("subject") != "user:evil")
    #expect(item.document.int("day") != 1)
    #expect(item.document.document("attributes")?.int("version") == 99)
  }
}

@Suite struct `A product` {
  @Test func `becomes canonical content under its id`() throws {
    let item = try only(.products, #"{"price":0,"productId":9,"inStock":false,"currency":"usd","color":"red"}"#)
    #expect(item.id == "9")
    #expect(
      item.json == #"{"productId":"9","price":0.0,"currency":"USD","inStock":false,"attributes":{"color":"red"}}"#)
  }

  @Test(arguments: [
    (#"{"price":1}"#, "required", "productId"), (#"{"productId":"p","price":-0.01}"#, "out_of_range", "price"),
    (#"{"productId":"p","price":"1"}"#, "not_a_number", "price"),
    (#"{"productId":"p","inStock":1}"#, "not_a_boolean", "inStock"),
    (#"{"productId":"p","currency":"US"}"#, "not_a_currency", "currency"),
    (#"{"productId":"p","currency":"U1D"}"#, "not_a_currency", "currency"),
  ])
  func `says what is wrong and where`(body: String, code: String, field: String) throws {
    let rejection = try fault(.products, body)
    #expect(rejection.code == code)
    #expect(rejection.field == field)
  }

  @Test func `may come as rows with a header`() throws {
    let body = "productId,price,inStock,color,attributes.size\n1,2.5,TRUE,red,XL\n2,x,,,\n3,,0,,\n"
    let items = try decode(.products, body, as: .csv)
    #expect(
      try items[0].valid.json
        == #"{"productId":"1","price":2.5,"inStock":true,"attributes":{"color":"red","size":"XL"}}"#)
    #expect(try items[1].rejection == Rejection(index: 1, id: "2", code: "not_a_number", field: "price"))
    #expect(try items[2].valid.json == #"{"productId":"3","inStock":false}"#)
  }

  @Test func `may have many columns that nobody knows`() throws {
    let item = try only(.products, "a,b,c,productId\n1,,3,P\n", as: .csv)
    #expect(item.json == #"{"productId":"P","attributes":{"a":"1","c":"3"}}"#)
  }

  @Test func `needs a header in CSV`() {
    #expect(throws: IngestError.self) { try decode(.products, "1,2.5,true\n", as: .csv) }
  }
}

@Suite struct `An order` {
  private func order(_ members: String) -> String {
    var body = "[{" + members
    if !members.contains("\"orderId\"") { body += #","orderId":"o1""# }
    if !members.contains("\"orderDate\"") { body += #","orderDate":"2024-02-29""# }
    if !members.contains("\"orderTotal\"") { body += #","orderTotal":25"# }
    return body + "}]"
  }

  @Test func `becomes canonical content under its id`() throws {
    let item = try only(
      .orders,
      order(
        #""email":"A@b.c","currency":"usd","channel":"store","lineItems":[{"quantity":2,"productId":"P","price":12.5,"note":"x"}],"gift":true"#
      ))
    #expect(item.id == "o1")
    #expect(
      item.json
        == #"{"day":20240229,"subject":"email:a@b.c","orderId":"o1","type":"purchase","channel":"store","email":"A@b.c","orderDate":"2024-02-29T00:00:00.000Z","orderTotal":25.0,"currency":"USD","lineItems":[{"productId":"P","price":12.5,"quantity":2,"note":"x"}],"attributes":{"gift":true}}"#
    )
  }

  @Test func `is a purchase unless it says otherwise`() throws {
    #expect(try only(.orders, order(#""a":1"#)) == only(.orders, order(#""type":"purchase","a":1"#)))
  }

  @Test func `of nobody is kept without a subject`() throws {
    #expect(try only(.orders, order(#""userId":"0""#)).document["subject"] == nil)
  }

  @Test(arguments: ["purchase", "return", "refund"])
  func `has one of three types`(type: String) throws {
    #expect(try only(.orders, order(#""type":"\#(type)""#)).document.string("type") == type)
  }

  @Test(arguments: [
    (#""orderId":null"#, "required", "orderId"), (#""orderDate":null"#, "required", "orderDate"),
    (#""orderTotal":null"#, "required", "orderTotal"), (#""orderTotal":-1"#, "out_of_range", "orderTotal"),
    (#""orderTotal":"25""#, "not_a_number", "orderTotal"), (#""type":"gift""#, "unknown_value", "type"),
    (#""channel":"web""#, "unknown_value", "channel"), (#""currency":"dollars""#, "not_a_currency", "currency"),
    (#""orderDate":"yesterday""#, "not_a_timestamp", "orderDate"), (#""lineItems":{}"#, "not_an_array", "lineItems"),
    (#""lineItems":[{},{},{"price":-1}]"#, "out_of_range", "lineItems[2].price"),
    (#""lineItems":[{"quantity":"2"}]"#, "not_a_number", "lineItems[0].quantity"),
    (#""lineItems":["P1"]"#, "not_an_object", "lineItems[0]"),
    (#""lineItems":[{"productId":{"$gt":""}}]"#, "not_an_id", "lineItems[0].productId"),
    (#""lineItems":[{"$inc":1}]"#, "key_not_allowed", "lineItems[0].$inc"),
  ])
  func `says what is wrong and where`(members: String, code: String, field: String) throws {
    let rejection = try fault(.orders, order(members))
    #expect(rejection.code == code)
    #expect(rejection.field == field)
  }
}

@Suite struct `A rating` {
  @Test(arguments: [("U", "P", "U/P"), ("a/b", "c", "a%2Fb/c"), ("a", "b/c", "a/b%2Fc"), ("a%2Fb", "c", "a%252Fb/c")])
  func `has an id of user and product that cannot be confused`(user: String, product: String, id: String) throws {
    let item = try only(.ratings, #"{"userId":"\#(user)","productId":"\#(product)","rating":4,"at":1709210096}"#)
    #expect(item.id == id)
    #expect(item.updatedAt?.rfc3339 == "2024-02-29T12:34:56.000Z")
    #expect(item.document.double("rating") == 4)
  }

  @Test(arguments: [
    (#"{"productId":"p","rating":1}"#, "required", "userId"), (#"{"userId":"u","rating":1}"#, "required", "productId"),
    (#"{"userId":"u","productId":"p"}"#, "required", "rating"),
    (#"{"userId":"u","productId":"p","rating":"5"}"#, "not_a_number", "rating"),
    (#"{"userId":"u","productId":"p","rating":5,"at":"x"}"#, "not_a_timestamp", "at"),
  ])
  func `says what is wrong and where`(body: String, code: String, field: String) throws {
    let rejection = try fault(.ratings, body)
    #expect(rejection.code == code)
    #expect(rejection.field == field)
  }
}
