extension JSONParser {
  /// JSON pointer to where reading stands, RFC 6901: `~` and `/` inside a key are escaped. A key that failed half-way is
  /// not in it: its bytes may not be text.
  var path: String {
    var text: [UInt8] = []
    for frame in frames where frame.keyStart < 0 || frame.keyCount >= 0 {
      text.append(UInt8(ascii: "/"))
      guard frame.keyStart >= 0 else {
        appendDecimal(frame.index, to: &text)
        continue
      }
      for byte in out.bytes(frame.keyStart, count: min(frame.keyCount, pathKeyBytesMax)) {
        switch byte {
        case UInt8(ascii: "~"): text += [UInt8(ascii: "~"), UInt8(ascii: "0")]
        case UInt8(ascii: "/"): text += [UInt8(ascii: "~"), UInt8(ascii: "1")]
        default: text.append(byte)
        }
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// A longer key is cut in an error's path, so that an answer stays short.
private let pathKeyBytesMax = 128
