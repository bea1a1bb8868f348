/// Decodes %HH once. Nil when the result is not UTF-8 or holds a NUL. The digits were checked by the parser; bytes that are
/// no pair of digits stay as they are. `+` becomes a space only where a form says so.
func decodePercent(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String? {
  let needsDecoding = bytes.contains { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }
  guard needsDecoding else { return String(validating: bytes, as: UTF8.self) }
  var out: [UInt8] = []
  out.reserveCapacity(bytes.count)
  var position = bytes.startIndex
  while position < bytes.endIndex {
    let byte = bytes[position]
    if byte == UInt8(ascii: "%"), position + 2 < bytes.endIndex {
      let high = hexValue(bytes[position + 1]), low = hexValue(bytes[position + 2])
      if high < 16, low < 16 {
        out.append(high << 4 | low)
        position += 3
        continue
      }
    }
    out.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
    position += 1
  }
  return out.contains(0) ? nil : String(validating: out, as: UTF8.self)
}
