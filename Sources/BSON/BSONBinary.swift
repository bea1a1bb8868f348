/// Bytes with a subtype.
public struct BSONBinary: Sendable, Hashable {
  /// What the bytes mean; 0 is plain, 4 a UUID, 128 and above the application's.
  public var subtype: UInt8
  /// The bytes.
  public var bytes: [UInt8]

  /// Bytes of a subtype; plain unless said.
  public init(_ bytes: [UInt8], subtype: UInt8 = 0) {
    self.bytes = bytes
    self.subtype = subtype
  }
}
