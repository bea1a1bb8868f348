/// The bytes that base64 text stands for (RFC 4648, sections 4 and 5), padding optional. Nil for anything else: another
/// character, a wrong length, bits that stand for nothing.
func base64Decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
  if text.last == UInt8(ascii: "="), text.count % 4 != 0 { return nil }
  var text = text
  for _ in 0..<2 where text.last == UInt8(ascii: "=") { text = text.dropLast() }
  guard text.count % 4 != 1 else { return nil }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.count / 4 * 3 + 2)
  var pending: UInt32 = 0
  var bits = 0
  for character in text {
    guard let value = base64Value(character) else { return nil }
    pending = pending << 6 | value
    bits += 6
    if bits >= 8 {
      bits -= 8
      bytes.append(UInt8(truncatingIfNeeded: pending >> UInt32(bits)))
    }
  }
  // What is left over must be padding bits.
  return pending & (1 << UInt32(bits) - 1) == 0 ? bytes : nil
}

private func base64Value(_ character: UInt8) -> UInt32? {
  switch character {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
  case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
  case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
  case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
  default: nil
  }
}
