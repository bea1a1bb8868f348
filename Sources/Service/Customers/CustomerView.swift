import BSON

/// A customer as the API names its fields: `_id` is `customerId`, the sums over orders are `orderSummary` so that `orders`
/// stays free for the orders themselves, and what serves the service alone is left out.
enum CustomerView {
  /// Fields of the document that are not shown.
  static let hiddenFields = ["subjects", "identifierKeys", "searchKeys"]
  /// Fields of the document that are shown under another name.
  static let names = ["_id": "customerId", "orders": "orderSummary"]
  /// The fields that `fields` can select; `customerId` is always there.
  static let selectableFields = [
    "customerId", "asOf", "firstName", "lastName", "email", "phone", "birthDate", "address", "loyaltyId", "device",
    "geo", "lifetimeValue", "warranties", "attributes", "consents", "features", "orderSummary", "activity", "contacts",
    "identifiers", "frozen", "records",
  ]

  /// The whole customer.
  static let whole = JSONFieldSelection(renaming: names, dropping: hiddenFields)

  /// The selection that `fields` asks for.
  static func selection(of fields: [String]?) -> JSONFieldSelection {
    guard let fields else { return whole }
    var renaming = ["_id": "customerId"]
    if fields.contains("orderSummary") { renaming["orders"] = "orderSummary" }
    return JSONFieldSelection(renaming: renaming, keepingOnly: fields.filter { !names.values.contains($0) })
  }
}
