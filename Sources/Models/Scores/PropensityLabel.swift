import BSON
import MachineLearning
import Store

/// What a propensity model predicts: whether something happens within so many days after a cut-off.
struct PropensityLabel: Sendable, Equatable {
  /// LABEL.
  enum Kind: String, CaseIterable {
    /// Whoever has bought buys nothing.
    case churn = "CHURN"
    /// Buys anything.
    case purchase = "PURCHASE"
    /// Gives anything back.
    case giveBack = "RETURN"
    /// Does an event of the name LABEL_VALUE.
    case event = "EVENT"
    /// Buys the product LABEL_VALUE.
    case product = "PRODUCT"
    /// Buys from the category LABEL_VALUE.
    case category = "CATEGORY"

    var needsValue: Bool { self == .event || self == .product || self == .category }
  }

  let kind: Kind
  /// The event's name, the product or the category.
  let value: String?

  /// Reads LABEL and LABEL_VALUE. A churn model has one label; a propensity model says PURCHASE by default.
  init(_ fields: inout OptionFields, of type: ModelType) throws(ModelsError) {
    let given: Kind? = try fields.choice("LABEL")
    if type == .churn, let given, given != .churn {
      throw .invalidOption(name: "LABEL", reason: "must be CHURN; MODEL_TYPE PROPENSITY takes others")
    }
    kind = given ?? (type == .churn ? .churn : .purchase)
    value = try fields.text("LABEL_VALUE")
    guard kind.needsValue == (value != nil) else {
      throw .invalidOption(
        name: "LABEL_VALUE", reason: "must be given with LABEL EVENT, PRODUCT or CATEGORY, and only then")
    }
  }

  /// Whether a customer belongs to those who are asked about: for churn whoever has bought.
  func concerns(_ log: CustomerLog) -> Bool { kind == .churn ? !log.purchases.isEmpty : log.firstDay != nil }

  /// Whether it happened on the given days (days since 1970). `categories` gives a product's category.
  func holds(
    _ rollups: [Rollup], _ log: CustomerLog, on days: ClosedRange<Int>, category: (ByteString) -> String?
  ) -> Bool {
    switch kind {
    case .churn: !log.purchases.contains { days.contains($0.day) }
    case .purchase: log.purchases.contains { days.contains($0.day) }
    case .giveBack: log.returns.contains { days.contains($0.day) }
    case .event:
      rollups.contains { rollup in
        days.contains(UTCDay.daysSince1970(of: rollup.day)) && rollup.eventNames.contains { $0.name == value }
      }
    case .product, .category:
      ProductHistory(rollups).entries.contains { entry in
        entry.kind == .purchase && days.contains(entry.day)
          && (kind == .product ? entry.product.string == value : category(entry.product) == value)
      }
    }
  }
}
