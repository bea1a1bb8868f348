import BSON
import Store

@testable import Identity

/// A stored customer record.
func record(_ id: String, _ fields: KeyValuePairs<String, String>) -> BSONDocument {
  BSONDocument { writer in
    writer.append("_id", id)
    for (key, value) in fields { writer.append(key, value) }
  }
}

/// The clusters that the resolver makes of whole records.
func clusters(
  _ documents: [BSONDocument], rules: IdentityRules = IdentityRules(), edges further: [Edge] = [],
  subjects: [String] = []
) -> [CustomerCluster] {
  let records = documents.compactMap { RecordIdentity($0, under: rules) }
  let edges = records.flatMap { $0.edges(under: rules) } + further
  var nodes = Set(edges.flatMap { [$0.a, $0.b] })
  nodes.formUnion(records.map(\.record))
  nodes.formUnion(subjects.compactMap(Identifier.init(key:)))
  return Resolver(rules: rules).clusters(nodes: nodes, edges: edges, records: records)
}

/// The same as sets of keys.
func resolve(
  _ documents: [BSONDocument], rules: IdentityRules = IdentityRules(), links: [Edge] = [], subjects: [String] = []
) -> Set<Set<String>> {
  Set(clusters(documents, rules: rules, edges: links, subjects: subjects).map { Set($0.members.map(\.key)) })
}

/// What a person decided about two identifiers.
func decided(_ kind: IdentityDecision.Kind, _ a: String, _ b: String, id: String = "x") -> [Edge] {
  guard let a = Identifier(key: a), let b = Identifier(key: b) else { return [] }
  return IdentityDecision(
    id: id, kind: kind, pairs: [.init(a, b)], customerIds: [],
    made: .init(actor: "ann", reason: "seen", at: BSONDate(millisecondsSince1970: 1))
  ).edges
}

/// A generator with a seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
