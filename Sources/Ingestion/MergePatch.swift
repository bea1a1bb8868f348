import BSON

/// What a JSON merge patch (RFC 7396, section 2) makes of a document: its members replace or join the document's, null
/// removes, and objects are merged in turn. The depth is that of the patch, which the JSON reader has bounded.
func merged(_ document: BSONDocument, with patch: BSONDocument) -> BSONDocument {
  BSONDocument { result in
    for element in document {
      guard let change = patch.element(element.key) else {
        result.append(element)
        continue
      }
      append(change, over: element.value, to: &result)
    }
    for change in patch where !document.contains(change.key) { append(change, over: nil, to: &result) }
  }
}

private func append(_ change: BSONElement, over old: BSONValue?, to result: inout BSONWriter) {
  switch change.value {
  case .null: break
  case .document(let inner): result.append(change.key, merged(old?.documentValue ?? BSONDocument(), with: inner))
  default: result.append(change)
  }
}
