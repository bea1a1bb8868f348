import COpenSSL

/// Content digests: ids without an id of their own, content equality, checksums of models.
public enum Digest {
  /// SHA-256 (FIPS 180-4) of `bytes`: 32 bytes.
  public static func sha256(_ bytes: some Sequence<UInt8>) -> [UInt8] { sha256(Array(bytes)) }

  /// The same for bytes in memory, without a copy.
  public static func sha256(_ bytes: ArraySlice<UInt8>) -> [UInt8] { sha256(bytes.span) }

  /// The same for bytes in memory, without a copy.
  public static func sha256(_ bytes: [UInt8]) -> [UInt8] { sha256(bytes.span) }

  /// Appends the first so many bytes of the SHA-256 of bytes in memory, in lower-case hexadecimal. Allocates nothing itself.
  public static func append(
    hexadecimalOf bytes: borrowing Span<UInt8>, bytes count: Int, to text: inout [UInt8]
  ) {
    var digest = InlineArray<32, UInt8>(repeating: 0)
    var output = digest.mutableSpan
    // libcrypto reads the source and writes 32 bytes; both live for the call.
    unsafe output.withUnsafeMutableBufferPointer { target in
      _ = unsafe bytes.withUnsafeBytes { source in
        unsafe c360_sha256(source.baseAddress, source.count, target.baseAddress)
      }
    }
    for index in 0..<count {
      text.append(hexadecimalDigit(digest[index] >> 4))
      text.append(hexadecimalDigit(digest[index] & 15))
    }
  }

  private static func sha256(_ bytes: borrowing Span<UInt8>) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    // libcrypto reads `count` bytes and writes 32; both buffers outlive the call.
    _ = unsafe bytes.withUnsafeBytes { source in
      unsafe c360_sha256(source.baseAddress, source.count, &digest)
    }
    return digest
  }

  /// An id made of the first 128 bits of the SHA-256 of `parts`, as `prefix` and 26 characters of base 32.
  ///
  /// Every part is preceded by its length, so that no two lists of parts give the same input.
  public static func identifier(prefix: String, _ parts: String...) -> String {
    identifier(prefix: prefix, parts: parts)
  }

  /// The same for a list of parts made elsewhere.
  public static func identifier(prefix: String, parts: [String]) -> String {
    var input: [UInt8] = []
    for part in parts {
      let bytes = Array(part.utf8)
      for shift in stride(from: 0, to: 64, by: 8) { input.append(UInt8(truncatingIfNeeded: bytes.count >> shift)) }
      input.append(contentsOf: bytes)
    }
    return prefix + base32(sha256(input).prefix(16))
  }

  /// Base 32 in the alphabet of Crockford, lower-case, without padding: it sorts as the bytes do.
  static func base32(_ bytes: some Sequence<UInt8>) -> String {
    let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    var text: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for byte in bytes {
      buffer = (buffer << 8 | UInt32(byte)) & 0xFFFF
      bits += 8
      while bits >= 5 {
        bits -= 5
        text.append(alphabet[Int(buffer >> UInt32(bits)) & 31])
      }
    }
    if bits > 0 { text.append(alphabet[Int(buffer << UInt32(5 - bits)) & 31]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Lower-case hexadecimal.
  public static func hexadecimal(_ bytes: [UInt8]) -> String { hexadecimal(bytes[...]) }

  /// Lower-case hexadecimal.
  public static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.count)
    for byte in bytes {
      text.append(hexadecimalDigit(byte >> 4))
      text.append(hexadecimalDigit(byte & 15))
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10)
  }
}
