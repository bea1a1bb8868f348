// Rounding calls libm, which this import links.
import Glibc

/// A value of any BSON type. Documents and arrays are windows on shared bytes.
public enum BSONValue: Sendable, Hashable {
  case double(Double)
  case string(String)
  case document(BSONDocument)
  case array(BSONArray)
  case binary(BSONBinary)
  case undefined
  case objectID(BSONObjectID)
  case bool(Bool)
  case date(BSONDate)
  case null
  case regex(pattern: String, options: String)
  case dbPointer(collection: String, id: BSONObjectID)
  case code(String)
  case symbol(String)
  case codeWithScope(String, BSONDocument)
  case int32(Int32)
  /// Seconds since 1970 in the upper half, an ordinal in the lower.
  case timestamp(UInt64)
  case int64(Int64)
  case decimal128(BSONDecimal128)
  case minKey
  case maxKey

  /// The integer as int32 where it fits, as the server's and this module's JSON reader do, else as int64.
  public init(_ integer: Int) {
    self = Int32(exactly: integer).map { .int32($0) } ?? .int64(Int64(integer))
  }

  /// The type byte.
  public var type: BSONType {
    switch self {
    case .double: .double
    case .string: .string
    case .document: .document
    case .array: .array
    case .binary: .binary
    case .undefined: .undefined
    case .objectID: .objectID
    case .bool: .bool
    case .date: .date
    case .null: .null
    case .regex: .regex
    case .dbPointer: .dbPointer
    case .code: .code
    case .symbol: .symbol
    case .codeWithScope: .codeWithScope
    case .int32: .int32
    case .timestamp: .timestamp
    case .int64: .int64
    case .decimal128: .decimal128
    case .minKey: .minKey
    case .maxKey: .maxKey
    }
  }
}

extension BSONValue {
  /// The text of a string, else nil.
  public var stringValue: String? { if case .string(let text) = self { text } else { nil } }

  /// An int32, an int64 or a double without a fraction that fits, else nil.
  public var intValue: Int? {
    switch self {
    case .int32(let number): Int(number)
    case .int64(let number): Int(number)
    case .double(let number): Int(exactly: number)
    default: nil
    }
  }

  /// Any number as the nearest double, else nil.
  public var doubleValue: Double? {
    switch self {
    case .int32(let number): Double(number)
    case .int64(let number): Double(number)
    case .double(let number): number
    case .decimal128(let number): number.doubleValue
    default: nil
    }
  }

  /// The value of a bool, else nil.
  public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// The moment of a date, else nil.
  public var dateValue: BSONDate? { if case .date(let date) = self { date } else { nil } }

  /// The document, else nil.
  public var documentValue: BSONDocument? { if case .document(let document) = self { document } else { nil } }

  /// The array, else nil.
  public var arrayValue: BSONArray? { if case .array(let array) = self { array } else { nil } }

  /// The ObjectId, else nil.
  public var objectIDValue: BSONObjectID? { if case .objectID(let id) = self { id } else { nil } }

  /// The binary, else nil.
  public var binaryValue: BSONBinary? { if case .binary(let binary) = self { binary } else { nil } }

  /// Whether the value is null.
  public var isNull: Bool { self == .null }
}
