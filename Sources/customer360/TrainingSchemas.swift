import Avro
import BSON
import Models

/// The records of `export --for-training --format avro`: the fields of the NDJSON, with their types.
enum TrainingSchemas {
  /// `TrainingExport.forEachInteraction`.
  static let interaction = AvroSchema(
    record: "Interaction",
    fields: [
      .init("customerId", .string), .init("productId", .string), .init("strength", .double),
      .init("at", .timestamp, isOptional: true),
    ])

  /// `TrainingExport.forEachCustomer`.
  static let customer = AvroSchema(
    record: "Customer",
    fields: [.init("customerId", .string)] + TrainingExport.features.map { .init($0, .double, isOptional: true) })

  /// A document as a record. What is missing, or of another kind than its field, is null; a number that is none is left out as well.
  static func record(_ document: BSONDocument, _ schema: AvroSchema) -> [AvroWriter.Value] {
    schema.fields.map { field in
      switch field.type {
      case .string: .string(document.string(field.name) ?? "")
      case .double: document[field.name]?.doubleValue.map { .double($0) } ?? (field.isOptional ? .null : .double(0))
      case .timestamp: document.date(field.name).map { .timestamp($0.millisecondsSince1970) } ?? .null
      }
    }
  }
}
