/// The fields of a message that hold addresses, before libgmime sees them.
///
/// It reads a group within a group by calling itself, without a bound: a field that is long enough, `To: a:a:a:…`, would end the
/// process (5,000 bytes on a stack of 512 KiB).
/// RFC 5322 §3.4 knows no group within a group at all.
enum AddressFields {
  /// Colons of one field: each may begin a group.
  static let colonsMax = 256

  private static let names = ["from", "sender", "reply-to", "to", "cc", "bcc"].map { Array($0.utf8) }

  /// Whether a field of the message, or of a message inside it, could nest deeper than is good. One pass.
  static func nestTooDeeply(in bytes: [UInt8]) -> Bool {
    var start = 0
    var isInField = false
    var colons = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let line = bytes[start..<end]
      // A folded field goes on behind white space.
      let isContinuation = line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t")
      if !isContinuation {
        isInField = begins(line)
        colons = 0
      }
      if isInField {
        for byte in line where byte == UInt8(ascii: ":") { colons += 1 }
        if colons > colonsMax { return true }
      }
      start = end + 1
    }
    return false
  }

  private static func begins(_ line: ArraySlice<UInt8>) -> Bool {
    // No name is longer, but for white space before the colon.
    guard let first = line.first, "fsrtcbFSRTCB".utf8.contains(first),
      let colon = line.firstIndex(of: UInt8(ascii: ":"))
    else { return false }
    var name = line[..<colon]
    while let last = name.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { name.removeLast() }
    return names.contains { known in known.count == name.count && zip(known, name).allSatisfy { $0 == $1 | 0x20 } }
  }
}
