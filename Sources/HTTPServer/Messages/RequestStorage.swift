/// What a request is made of. A loop keeps a few of these and fills them again and again, so a request costs no
/// allocation once their arrays have grown.
///
/// `@unchecked Sendable`: a loop writes to it only while it holds the one reference (before the request is handed out, and
/// after `isKnownUniquelyReferenced` says that nobody kept it); between the two nobody writes.
///
/// `@exclusivity(unchecked)`: what is handed `inout` to a call goes to the parser, the router or an array, which know no
/// storage.
final class RequestStorage: @unchecked Sendable {
  // As above.
  /// The head's bytes; all ranges count from its start.
  @safe @exclusivity(unchecked) var bytes: [UInt8] = []
  // As above.
  @safe @exclusivity(unchecked) var head = RequestHead()
  // As above.
  @safe @exclusivity(unchecked) var body: [UInt8] = []
  var route: HTTPRoute?
  // As above.
  /// The raw path segments that the route's pattern captured, in the pattern's order.
  @safe @exclusivity(unchecked) var captures: [ByteRange] = []
  var peer = PeerAddress()
  var isTLS = false
  var clientCertificateName: String?
  var requestID = ""
  var trace: TraceContext?
  var principal: (any Sendable)?
  var isServerDraining = false
  /// Content-Encoding of the body as received.
  var isBodyCompressed = false

  func clear() {
    bytes.removeAll(keepingCapacity: true)
    head.clear()
    if body.capacity > 65_536 { body = [] } else { body.removeAll(keepingCapacity: true) }
    route = nil
    captures.removeAll(keepingCapacity: true)
    requestID = ""
    trace = nil
    principal = nil
    isBodyCompressed = false
  }

  /// The value range of the first field with this name, given in lower case.
  func field(_ name: StaticString) -> ByteRange? {
    let bytes = bytes
    let span = bytes.span
    for field in head.fields where span.holds(lowercase: name, at: field.name) { return field.value }
    return nil
  }

  /// Whether more than one field has this name, given in lower case.
  func repeats(_ name: StaticString) -> Bool {
    let bytes = bytes
    let span = bytes.span
    var count = 0
    for field in head.fields where span.holds(lowercase: name, at: field.name) { count += 1 }
    return count > 1
  }

  /// Text of a range whose bytes the parser has admitted. Bytes of a field that are no UTF-8 become U+FFFD: field values
  /// are opaque and only compared.
  func text(_ range: ByteRange) -> String {
    range.isNone ? "" : String(decoding: bytes[range.range], as: UTF8.self)
  }
}

/// The address of a client.
struct PeerAddress: Hashable, Sendable {
  var high: UInt64 = 0
  var low: UInt64 = 0
  var port: UInt16 = 0
  var family: UInt8 = 0

  /// The address without the port: what limits count by.
  var host: PeerAddress { PeerAddress(high: high, low: low, port: 0, family: family) }
}

extension PeerAddress: CustomStringConvertible {
  /// The address as text, without the port; "-" when it has no IP.
  var description: String {
    switch family {
    case 4: (0..<4).map { String((low >> (24 - 8 * UInt64($0))) & 255) }.joined(separator: ".")
    case 6:
      (0..<8).map { String(($0 < 4 ? high : low) >> (48 - 16 * UInt64($0 & 3)) & 0xFFFF, radix: 16) }
        .joined(separator: ":")
    default: "-"
    }
  }
}
