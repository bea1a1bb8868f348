import BSON
import Identity
import Store

/// The customer document: a pure function of a cluster, its records and its rollups.
///
/// No clock and no counter stands in it, so that a rebuild writes the same bytes.
enum CustomerDocument {
  static func make(
    _ cluster: CustomerCluster, records: [BSONDocument], features: CustomerFeatures, rules: SurvivorshipRules,
    pins: [PinnedValue]
  ) -> BSONDocument {
    let golden = GoldenRecord(records: records, rules: rules, pins: pins)
    let asOf = [golden.latest, features.latest].compactMap { $0 }.max()
    return BSONDocument { writer in
      writer.append("_id", cluster.customerId)
      if let asOf { writer.append("asOf", asOf) }
      golden.append(to: &writer)
      features.append(to: &writer)
      writer.append(
        "identifiers",
        array: { array in
          for identifier in cluster.members where identifier.type != .record {
            array.append(entry(identifier, shared: false))
          }
          for identifier in cluster.shared { array.append(entry(identifier, shared: true)) }
        })
      if cluster.isFrozen { writer.append("frozen", true) }
      writer.append("records", cluster.records.map(\.value))
      writer.append("subjects", cluster.subjects.map(\.key))
      let written = records.flatMap { [$0.string("firstName"), $0.string("lastName")].compactMap { $0 } }
      let names =
        written + pins.filter { ["firstName", "lastName"].contains($0.field) }.compactMap(\.value.stringValue)
      let phones = (cluster.members + cluster.shared).filter { $0.type == .phone }.map(\.value)
      writer.append("searchKeys", SearchKeys.keys(names: names, phones: phones))
      writer.append("identifierKeys", (cluster.members + cluster.shared).sorted().map(\.key))
    }
  }

  private static func entry(_ identifier: Identifier, shared: Bool) -> BSONDocument {
    BSONDocument {
      $0.append("type", identifier.type.rawValue)
      $0.append("value", identifier.value)
      if shared { $0.append("shared", true) }
    }
  }
}
