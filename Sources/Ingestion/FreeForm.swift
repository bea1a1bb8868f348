import BSON

// Data whose names and types are the publisher's: `properties`, `attributes`, and what a schema does not know.
// Objects are written with their names in the order of their bytes, at every depth, so that two spellings of the same
// data are the same bytes. Depth is bounded by the decoder that made the input.

/// Writes elements in the order of their names.
func appendSorted(_ elements: [BSONElement], to writer: inout BSONWriter) {
  if isSorted(elements) {
    for element in elements { appendCanonical(element, to: &writer) }
  } else {
    for element in elements.sorted(by: precedes) { appendCanonical(element, to: &writer) }
  }
}

private func appendCanonical(_ element: BSONElement, to writer: inout BSONWriter) {
  switch element.nesting {
  case .document(let document):
    writer.append(element.key, document: { inner in appendSorted(Array(document), to: &inner) })
  case .array(let array):
    writer.append(element.key, array: { inner in appendCanonical(array, to: &inner) })
  case .scalar:
    writer.append(element)
  }
}

/// Writes the values of a list, each in canonical order.
func appendCanonical(_ array: BSONArray, to writer: inout BSONArrayWriter) {
  for element in array.document {
    switch element.nesting {
    case .document(let document):
      writer.append(document: { inner in appendSorted(Array(document), to: &inner) })
    case .array(let array):
      writer.append(array: { inner in appendCanonical(array, to: &inner) })
    case .scalar:
      writer.append(valueOf: element)
    }
  }
}

/// Refuses names that could be taken for operators or paths, at every depth of a value that is not free-form.
func checkNames(in element: BSONElement) throws(Fault) {
  if let path = forbiddenName(in: element) { throw Fault(.keyNotAllowed, element.key + path) }
}

/// The way from a value to a forbidden name inside it, such as `[1].a.$gt`; nil when there is none.
private func forbiddenName(in element: BSONElement) -> String? {
  switch element.nesting {
  case .scalar: return nil
  case .document(let document):
    for inner in document {
      if isOperatorOrPath(inner.keyBytes) { return "." + inner.key }
      if let path = forbiddenName(in: inner) { return ".\(inner.key)\(path)" }
    }
  case .array(let array):
    for (index, inner) in array.document.enumerated() {
      if let path = forbiddenName(in: inner) { return "[\(index)]\(path)" }
    }
  }
  return nil
}

/// The order of names that canonical documents have.
func precedes(_ a: BSONElement, _ b: BSONElement) -> Bool { a.keyBytes.lexicographicallyPrecedes(b.keyBytes) }

private func isSorted(_ elements: [BSONElement]) -> Bool {
  guard elements.count > 1 else { return true }
  for index in 1..<elements.count where precedes(elements[index], elements[index - 1]) { return false }
  return true
}

/// What a value holds inside.
private enum Nesting {
  case scalar
  case document(BSONDocument)
  case array(BSONArray)
}

extension BSONElement {
  /// The inner document or array; makes nothing for other values.
  fileprivate var nesting: Nesting {
    switch type {
    case .document: value.documentValue.map { .document($0) } ?? .scalar
    case .array: value.arrayValue.map { .array($0) } ?? .scalar
    default: .scalar
    }
  }
}
