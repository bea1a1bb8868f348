import BSON
import MongoDB

extension VersionedCollection {
  /// Each item in the version that its source had at a moment: the latest of those that are not newer. Versions without a time of
  /// their source count as always there, and give way to those that have one. Deleted items are left out.
  public func versions(ofIds ids: [String], at time: BSONDate, deadline: Deadline) throws(StoreError) -> [BSONDocument]
  {
    var best: [ByteString: BSONDocument] = [:]
    func offer(_ document: BSONDocument) {
      guard let id = document.string("_id"), document.bool("deleted") != true else { return }
      if let written = document.date("updatedAt"), written > time { return }
      guard let known = best[ByteString(id)] else {
        best[ByteString(id)] = document
        return
      }
      let (mine, theirs) = (document.date("updatedAt"), known.date("updatedAt"))
      if mine == theirs {
        if (document.int("version") ?? 0) > (known.int("version") ?? 0) { best[ByteString(id)] = document }
      } else if let mine, theirs.map({ mine > $0 }) ?? true {
        best[ByteString(id)] = document
      }
    }
    for chunk in ids.chunked(1000) {
      for document in try find(ids: chunk, deadline: deadline) { offer(document) }
      let archived = BSONDocument {
        $0.append("collection", name)
        $0.append("sourceId", document: { $0.append("$in", chunk) })
      }
      try storing {
        try versions.find(archived, deadline: deadline) { bytes in
          if let content = BSONDocument(copying: bytes).document("content") { offer(content) }
          return true
        }
      }
    }
    return best.sorted { $0.key < $1.key }.map(\.value)
  }
}
