import BSON

// Segment's names for what our events have fields for (its e-commerce specification, version 2). A value of another type
// than the field's is no fault of a message: it stays under `properties` alone.

extension SegmentReader {
  typealias Names = [(field: String, names: [String])]

  static let personFields: Names = [("email", ["email"]), ("phone", ["phone"])]
  static let sessionFields: Names = [
    ("sessionId", ["sessionId", "session_id"]), ("engagementTimeMsec", ["engagementTimeMsec", "engagement_time_msec"]),
  ]
  static let orderFields: Names = [
    ("orderId", ["order_id", "orderId"]), ("currency", ["currency"]), ("coupon", ["coupon"]),
  ]
  static let productFields: Names = [
    ("productId", ["product_id", "productId", "sku"]), ("productName", ["name", "productName", "product_name"]),
    ("brand", ["brand"]), ("category", ["category"]), ("variant", ["variant"]), ("price", ["price"]),
    ("quantity", ["quantity"]),
  ]

  /// Writes each field from the first of its names that holds a value fit for it.
  func offer(_ fields: Names, from documents: [BSONDocument], to input: inout BSONWriter) {
    let schema = Schema.event
    for (field, names) in fields {
      let kind = schema.fields[schema.slot(field)]
      search: for document in documents {
        for name in names {
          guard let element = document.element(name), element.type != .null else { continue }
          if (try? FieldWriter(isTextual: false).append(element, as: kind, to: &input)) != nil { break search }
        }
      }
    }
  }

  /// Writes the product that properties are about, and the products that they list as items.
  func offerProducts(of data: BSONDocument, to input: inout BSONWriter) {
    offer(Self.orderFields, from: [data], to: &input)
    // Without a product, `name` and `category` are those of a page or a list.
    if isProduct(data) { offer(Self.productFields, from: [data], to: &input) }
    let products = data.array("products")?.prefix(IngestLimits.linesMax).compactMap(\.documentValue) ?? []
    guard products.contains(where: isProduct) else { return }
    input.append(
      "items",
      array: { list in
        for product in products where isProduct(product) {
          list.append(document: { item in
            offer(Self.productFields, from: [product], to: &item)
            offer([("coupon", ["coupon"])], from: [product], to: &item)
          })
        }
      })
  }

  private func isProduct(_ data: BSONDocument) -> Bool {
    ["product_id", "productId", "sku"].contains { name in
      data.element(name).map { $0.type == .string || $0.type == .int32 || $0.type == .int64 } == true
    }
  }
}
