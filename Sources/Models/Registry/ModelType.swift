/// The kinds of models that can be trained, under BigQuery ML's names where it has them.
public enum ModelType: String, Sendable, CaseIterable {
  /// Groups of customers that resemble each other.
  case kmeans = "KMEANS"
  /// Products that customers may want, from what customers did or rated.
  case matrixFactorization = "MATRIX_FACTORIZATION"
  /// The chance that a customer who has bought does not buy again within a horizon.
  case churn = "CHURN"
  /// The chance that a customer does something named within a horizon.
  case propensity = "PROPENSITY"
  /// Recency, frequency and monetary value in quintiles.
  case rfm = "RFM"
  /// What a customer will spend within a horizon.
  case clv = "CLV"
  /// Demand by product, category or in total.
  case forecast = "FORECAST"
  /// What texts express.
  case sentiment = "SENTIMENT"
  /// How likely two customer records are one person. Trained by a scan for duplicates.
  case recordLinkage = "RECORD_LINKAGE"

  /// Finds a type by its name in any case; BigQuery's exports spell k-means also with a hyphen.
  init?(named name: String) {
    let upper = name.uppercased()
    self.init(rawValue: upper == "K-MEANS" ? "KMEANS" : upper)
  }
}

/// A model's name: 1 to 64 ASCII letters, digits, `_` or `-`. It becomes part of ids, never of a field path.
struct ModelName: Sendable, Hashable {
  let string: String

  init(parsing raw: String) throws(ModelsError) {
    let bytes = raw.utf8
    let isValid = bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isValid, (1...64).contains(bytes.count) else { throw .invalidModelName }
    string = raw
  }

  /// The id of a version of the model, which is also the generation of what it writes: `kmeans:3`.
  func id(ofVersion version: String) -> String { string + ":" + version }
}
