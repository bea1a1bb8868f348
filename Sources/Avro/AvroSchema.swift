/// The schema of a flat record.
public struct AvroSchema: Sendable, Equatable {
  /// What a field holds.
  public enum FieldType: Sendable, Equatable {
    /// Text in UTF-8.
    case string
    /// A double.
    case double
    /// Milliseconds since 1970 in UTC, of the logical type `timestamp-millis`.
    case timestamp
  }

  /// One field.
  public struct Field: Sendable, Equatable {
    /// The name: letters, digits and `_`, not a digit first.
    public let name: String
    /// What it holds.
    public let type: FieldType
    /// Whether it may be null.
    public let isOptional: Bool

    /// A field. A name that Avro does not allow stops the program: names are written by programmers.
    public init(_ name: String, _ type: FieldType, isOptional: Bool = false) {
      precondition(AvroSchema.isName(name), "no name in Avro: \(name)")
      self.name = name
      self.type = type
      self.isOptional = isOptional
    }
  }

  /// The record's name.
  public let name: String
  /// The fields, in the order of their values.
  public let fields: [Field]

  /// A record of fields with different names.
  public init(record name: String, fields: [Field]) {
    precondition(Self.isName(name) && Set(fields.map(\.name)).count == fields.count, "no schema in Avro: \(name)")
    self.name = name
    self.fields = fields
  }

  /// The schema as JSON.
  public var json: String {
    let fields = fields.map { field in
      let type =
        switch field.type {
        case .string: #""string""#
        case .double: #""double""#
        case .timestamp: #"{"type":"long","logicalType":"timestamp-millis"}"#
        }
      return field.isOptional
        ? #"{"name":"\#(field.name)","type":["null",\#(type)],"default":null}"#
        : #"{"name":"\#(field.name)","type":\#(type)}"#
    }
    return #"{"type":"record","name":"\#(name)","namespace":"customer360","fields":["# + fields.joined(separator: ",")
      + "]}"
  }

  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
      byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte)
    }
  }
}
