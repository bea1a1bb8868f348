import BSON
import Store

/// What a JSON merge patch (RFC 7396, section 2) makes of a document: its members replace or join the document's, null
/// removes, and objects are merged in turn. The depth is that of the patch, which the JSON reader has bounded.
func merged(_ document: BSONDocument, with patch: BSONDocument) -> BSONDocument {
  // Looked up, not searched for: either may have a hundred thousand members.
  var changes = Dictionary(patch.map { (ByteString($0.key), $0) }) { first, _ in first }
  return BSONDocument { result in
    for element in document {
      if let change = changes.removeValue(forKey: ByteString(element.key)) {
        append(change, over: element.value, to: &result)
      } else {
        result.append(element)
      }
    }
    for change in patch where changes[ByteString(change.key)] != nil { append(change, over: nil, to: &result) }
  }
}

private func append(_ change: BSONElement, over old: BSONValue?, to result: inout BSONWriter) {
  switch change.value {
  case .null: break
  case .document(let inner): result.append(change.key, merged(old?.documentValue ?? BSONDocument(), with: inner))
  default: result.append(change)
  }
}
