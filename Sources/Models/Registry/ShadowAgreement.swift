import BSON

/// How far the predictions of two versions for the same instances agree.
///
/// Named answers (a segment, a label, a list of products) agree with a share of 0...1: of a clustering 1 when both name the segment of
/// the same id, of recommendations the share of the live list that the shadow has too. Numbers have an absolute difference.
struct ShadowAgreement: Equatable {
  /// Instances that both answered.
  var instances = 0
  /// Instances whose answer has a name or a list, and the sum of their shares.
  var named = 0
  var sharesSum = 0.0
  /// Numbers compared, and the sum of their absolute differences.
  var numbers = 0
  var differencesSum = 0.0

  /// Adds one pair of answers.
  mutating func add(_ live: BSONDocument, _ liveVersion: LoadedVersion, _ shadow: BSONDocument, _ other: LoadedVersion)
  {
    instances += 1
    if let clusters = liveVersion.clusters, let others = other.clusters,
      let centroid = live.int("nearest_centroid_id"), let otherCentroid = shadow.int("nearest_centroid_id")
    {
      name(clusters.segment(ofCentroid: centroid).id == others.segment(ofCentroid: otherCentroid).id ? 1 : 0)
      return
    }
    if let list = live.array("items"), let otherList = shadow.array("items") {
      let products = Self.products(list)
      let others = Set(Self.products(otherList))
      guard !products.isEmpty else { return }
      name(Double(products.count { others.contains($0) }) / Double(products.count))
      return
    }
    for element in live {
      guard let number = element.value.doubleValue, let otherNumber = shadow.double(element.key) else { continue }
      numbers += 1
      differencesSum += abs(number - otherNumber)
    }
  }

  private mutating func name(_ share: Double) {
    named += 1
    sharesSum += share
  }

  private static func products(_ list: BSONArray) -> [String] {
    list.compactMap { $0.documentValue?.string("productId") }
  }

  /// As the store adds it up.
  func sums(calls: Int, failed: Int, leftOut: Int) -> BSONDocument {
    BSONDocument {
      $0.append("calls", calls)
      $0.append("failed", failed)
      $0.append("leftOut", leftOut)
      $0.append("instances", instances)
      $0.append("named", named)
      $0.append("sharesSum", sharesSum)
      $0.append("numbers", numbers)
      $0.append("differencesSum", differencesSum)
    }
  }

  /// A stored sum as it is shown: `agreement` and `meanAbsoluteDifference` where there is something to say.
  static func outward(_ sums: BSONDocument) -> BSONDocument {
    BSONDocument { writer in
      writer.append("deployedModelId", sums.string("version") ?? "")
      writer.append("shadow", sums.string("shadow") ?? "")
      for field in ["since", "until", "calls", "instances", "failed", "leftOut"] {
        if let element = sums.element(field) { writer.append(element) }
      }
      mean("agreement", sums.double("sharesSum"), sums.int("named"), &writer)
      mean("meanAbsoluteDifference", sums.double("differencesSum"), sums.int("numbers"), &writer)
    }
  }

  private static func mean(_ name: String, _ sum: Double?, _ count: Int?, _ writer: inout BSONWriter) {
    if let sum, let count, count > 0 { writer.append(name, sum / Double(count)) } else { writer.appendNull(name) }
  }
}
