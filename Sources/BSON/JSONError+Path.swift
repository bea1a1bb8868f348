extension JSONError {
  /// The error with a key put before its path. RFC 6901 escapes `~` and `/`; a long key is cut, so that answers stay short.
  func inside(key: [UInt8]) -> JSONError {
    var text = [UInt8(ascii: "/")]
    for byte in key.prefix(keyBytesMax) {
      switch byte {
      case UInt8(ascii: "~"): text += [byte, UInt8(ascii: "0")]
      case UInt8(ascii: "/"): text += [UInt8(ascii: "~"), UInt8(ascii: "1")]
      default: text.append(byte)
      }
    }
    return JSONError(kind, offset: offset, path: String(decoding: text, as: UTF8.self) + path)
  }

  /// The error with an index put before its path.
  func inside(index: Int) -> JSONError {
    JSONError(kind, offset: offset, path: "/\(index)" + path)
  }
}

/// Bytes of a key that are repeated in a path at most.
private let keyBytesMax = 128
