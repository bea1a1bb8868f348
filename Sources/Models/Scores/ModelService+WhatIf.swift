import BSON
import Store

extension ModelService {
  /// The segments that customers would be in if they were as these documents say, one list a document. Writes nothing.
  public func segmentIds(ofCustomersAs documents: [BSONDocument]) throws(ModelsError) -> [[String]] {
    var segments = [[String]](repeating: [], count: documents.count)
    guard !documents.isEmpty else { return segments }
    for version in state.current.outputs(ofType: { $0.clusters != nil }) {
      guard let writer = MembershipWriter(store: store, limits: limits, version: version) else { continue }
      for (position, membership) in try writer.memberships(of: documents).enumerated() {
        if let id = membership.string("segmentId") { segments[position].append(id) }
      }
    }
    return segments
  }
}
