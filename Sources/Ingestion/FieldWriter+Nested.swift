import BSON

extension FieldWriter {
  /// Writes a field that holds an object or a list. In CSV the cell holds JSON.
  func appendNested(_ element: BSONElement, as field: Field, to writer: inout BSONWriter) throws(Fault) {
    if isTextual, element.type == .string {
      guard let inner = json(in: element, as: field.name) else {
        throw Fault(field.kind.isList ? .notAnArray : .notAnObject, field.name)
      }
      try FieldWriter(isTextual: false).appendNested(inner, as: field, to: &writer)
      return
    }
    switch field.kind {
    case .object(let schema):
      guard let document = element.value.documentValue else { throw Fault(.notAnObject, field.name) }
      var fields = ItemFields(schema)
      do throws(Fault) {
        try writer.append(
          field.name,
          document: { (inner: inout BSONWriter) throws(Fault) in
            try append(document, in: &fields, to: &inner)
          })
      } catch {
        throw error.inside(field.name)
      }
    case .list(let schema):
      guard let array = element.value.arrayValue else { throw Fault(.notAnArray, field.name) }
      try append(array, of: schema, as: field, to: &writer)
    case .flags:
      guard let document = element.value.documentValue else { throw Fault(.notAnObject, field.name) }
      try append(flags: document, as: field, to: &writer)
    case .values:
      guard let array = element.value.arrayValue else { throw Fault(.notAnArray, field.name) }
      try checkNames(in: element)
      writer.append(field.name, array: { inner in appendCanonical(array, to: &inner) })
    case .freeForm:
      let document = try freeForm(element, field.name)
      if !document.isEmpty {
        writer.append(field.name, document: { inner in appendSorted(Array(document), to: &inner) })
      }
    default:
      break
    }
  }

  /// Writes an object of known fields in their order, then what else it holds in the order of names.
  func append(_ document: BSONDocument, in fields: inout ItemFields, to writer: inout BSONWriter) throws(Fault) {
    try document.withBytes { (input) throws(Fault) in
      try fields.read(input)
      for slot in BitPlaces(fields.filled) { try append(slot, of: fields, in: input, to: &writer) }
    }
    for extra in fields.extras { try checkNames(in: extra) }
    appendSorted(fields.extras, to: &writer)
  }

  /// Writes the field of a slot that is filled.
  func append(
    _ slot: Int, of fields: ItemFields, in input: borrowing Span<UInt8>, to writer: inout BSONWriter
  ) throws(Fault) {
    let schema = fields.schema
    let names = schema.names
    let scalar = schema.scalars[slot]
    if let kind = scalar.kind, let given = fields[slot] {
      do throws(FaultCode) {
        try append(given, of: input, as: kind, named: names.span.extracting(scalar.name), to: &writer)
      } catch {
        throw Fault(error, schema.fields[slot].name)
      }
    } else if let element = fields.element(in: slot, of: input) {
      try append(element, as: schema.fields[slot], to: &writer)
    }
  }

  private func append(
    _ array: BSONArray, of schema: Schema, as field: Field, to writer: inout BSONWriter
  ) throws(Fault) {
    var fields = ItemFields(schema)
    try writer.append(
      field.name,
      array: { (list: inout BSONArrayWriter) throws(Fault) in
        for value in array {
          let index = list.count
          if index >= IngestLimits.linesMax { throw Fault(.tooManyElements, field.name) }
          guard let document = value.documentValue else {
            throw Fault(.notAnObject, "").inside(field.name, at: index)
          }
          do throws(Fault) {
            try list.append(document: { (inner: inout BSONWriter) throws(Fault) in
              try append(document, in: &fields, to: &inner)
            })
          } catch {
            throw error.inside(field.name, at: index)
          }
        }
      })
  }

  private func append(flags document: BSONDocument, as field: Field, to writer: inout BSONWriter) throws(Fault) {
    var flags: [BSONElement] = []
    for element in document where element.type != .null {
      if isOperatorOrPath(element.keyBytes) { throw Fault(.keyNotAllowed, element.key).inside(field.name) }
      flags.append(element)
    }
    flags.sort(by: precedes)
    try writer.append(
      field.name,
      document: { (inner: inout BSONWriter) throws(Fault) in
        for element in flags {
          do throws(Fault) {
            inner.append(element.key, try flag(of: element, element.key))
          } catch {
            throw error.inside(field.name)
          }
        }
      })
  }

  /// An object of anything; in CSV the cell may hold it as JSON.
  func freeForm(_ element: BSONElement, _ name: String) throws(Fault) -> BSONDocument {
    let value = isTextual && element.type == .string ? json(in: element, as: name)?.value : element.value
    guard let document = value?.documentValue else { throw Fault(.notAnObject, name) }
    return document
  }

  /// A cell's JSON as a field of that name; nil when it is none.
  private func json(in element: BSONElement, as name: String) -> BSONElement? {
    guard let text = element.textBytes else { return nil }
    var json = Array("{\"\(name)\":".utf8)
    json.append(contentsOf: text)
    json.append(UInt8(ascii: "}"))
    let document = try? JSONDecoding.document(from: json.span)
    // A cell that closes the object and goes on would smuggle in other fields.
    guard let document, document.count == 1 else { return nil }
    return document.element(name)
  }
}

extension FieldKind {
  fileprivate var isList: Bool {
    switch self {
    case .list, .values: true
    default: false
    }
  }
}
