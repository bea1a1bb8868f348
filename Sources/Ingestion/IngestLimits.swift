import BSON

/// Bounds on what is taken in. Each is a contract with those who send data.
public struct IngestLimits: Sendable {
  /// Items of one batch; more are refused as a whole.
  public var itemsMax = 10_000
  /// Bytes of an id or an identifier; of `source/sourceId` together.
  public static let idBytesMax = 512
  /// How far ahead of the clock an event may lie.
  public static let aheadMillisecondsMax: Int64 = 24 * 60 * 60 * 1000
  /// The largest price, total or rating. Sums of millions of them stay exact to the cent's neighbourhood.
  public static let amountMax = 1e12
  /// The largest quantity of an item.
  public static let quantityMax = 1e9
  /// The longest engagement of one event in milliseconds: a year. Sums cannot overflow.
  public static let engagementMsecMax: Int64 = 366 * 24 * 60 * 60 * 1000
  /// Elements of one list of items or order lines.
  public static let linesMax = 10_000
  /// Bytes of one canonical document: what MongoDB stores, less room for the fields that collections add.
  public static let documentBytesMax = 16 * 1024 * 1024 - 16 * 1024
  /// Bytes of one message of an analytics dialect, as the dialect's own service has it.
  public var trackingMessageBytesMax = 32 * 1024
  /// Bytes of one body of an analytics dialect, likewise.
  public static let trackingBodyBytesMax = 500 * 1024
  /// What one JSON item may be.
  public var json = JSONLimits(allowsNULInStrings: false)

  /// The default bounds.
  public init() {}
}
