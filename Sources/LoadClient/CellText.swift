import CSV

/// Appends a cell as a JSON number: `+5`, `.5`, `007` and `12.` are mended, anything that is no finite decimal number is
/// left alone.
/// - Returns: whether the cell was a number.
func appendNumber(_ cell: ArraySlice<UInt8>, to out: inout [UInt8]) -> Bool {
  var text = trimmed(cell)
  guard parseDecimal(text) != nil else { return false }
  let start = out.count
  if text.first == UInt8(ascii: "-") { out.append(UInt8(ascii: "-")) }
  if text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") { text.removeFirst() }
  // Zeros before another digit.
  while text.count > 1, text.first == UInt8(ascii: "0"), isDigit(text[text.startIndex + 1]) { text.removeFirst() }
  if text.first == UInt8(ascii: ".") { out.append(UInt8(ascii: "0")) }
  for byte in text {
    // A point must have a digit behind it.
    if out.last == UInt8(ascii: "."), !isDigit(byte) { out.append(UInt8(ascii: "0")) }
    out.append(byte)
  }
  if out.last == UInt8(ascii: ".") { out.append(UInt8(ascii: "0")) }
  return out.count > start
}

/// What a cell says of a yes-or-no field.
func flag(_ cell: ArraySlice<UInt8>) -> Bool? {
  switch String(decoding: trimmed(cell), as: UTF8.self).lowercased() {
  case "true", "1", "yes", "y": true
  case "false", "0", "no", "n": false
  default: nil
  }
}

private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
