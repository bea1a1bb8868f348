/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct BSONDate: Sendable, Hashable, Comparable {
  /// Milliseconds since 1970-01-01T00:00:00Z; negative before.
  public var millisecondsSince1970: Int64

  /// A moment given in milliseconds.
  public init(millisecondsSince1970: Int64) {
    self.millisecondsSince1970 = millisecondsSince1970
  }

  /// 0001-01-01T00:00:00.000Z, the first moment that RFC 3339 text is written for.
  public static let earliestText = BSONDate(millisecondsSince1970: -62_135_596_800_000)
  /// 9999-12-31T23:59:59.999Z, the last moment that RFC 3339 text is written for.
  public static let latestText = BSONDate(millisecondsSince1970: 253_402_300_799_999)

  /// Whether the year lies in 1...9999, the years RFC 3339 text is written for.
  public var hasText: Bool { self >= .earliestText && self <= .latestText }

  /// Order in time.
  public static func < (a: BSONDate, b: BSONDate) -> Bool { a.millisecondsSince1970 < b.millisecondsSince1970 }
}
