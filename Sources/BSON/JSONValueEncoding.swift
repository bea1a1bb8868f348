/// Appends the document or array in `source[start..<end]`, whose length prefix has been checked against the source.
func encodeFields(
  _ source: borrowing Span<UInt8>, from start: Int, to end: Int, isArray: Bool, depth: Int, into sink: inout JSONSink
) {
  guard sink.hasRoom else { return }
  guard depth <= encodingDepthMax else {
    sink.fault = .tooDeep(limit: encodingDepthMax)
    sink.put("null")
    return
  }
  sink.put(isArray ? UInt8(ascii: "[") : UInt8(ascii: "{"))
  var position = start + 4
  let limit = end - 1
  var isFirst = true
  while position < limit {
    guard sink.hasRoom else { return }
    guard let element = ElementLayout(in: source, at: position, limit: limit) else {
      sink.fault = .malformed("element", offset: position)
      break
    }
    if !isFirst { sink.put(UInt8(ascii: ",")) }
    isFirst = false
    if !isArray {
      encodeString(source, from: element.keyStart, to: element.keyEnd, into: &sink)
      guard sink.hasRoom else { return }
      sink.put(UInt8(ascii: ":"))
    }
    encodeValue(source, element, depth: depth, into: &sink)
    position = element.end
  }
  guard sink.hasRoom else { return }
  sink.put(isArray ? UInt8(ascii: "]") : UInt8(ascii: "}"))
}

/// Appends the whole source document with fields renamed and left out at its top level.
func encodeSelected(_ source: borrowing Span<UInt8>, _ selection: JSONFieldSelection, into sink: inout JSONSink) {
  guard sink.hasRoom else { return }
  sink.put(UInt8(ascii: "{"))
  var position = 4
  let limit = source.count - 1
  var isFirst = true
  while position < limit {
    guard sink.hasRoom else { return }
    guard let element = ElementLayout(in: source, at: position, limit: limit) else {
      sink.fault = .malformed("element", offset: position)
      break
    }
    position = element.end
    switch selection.treatment(of: source, from: element.keyStart, to: element.keyEnd) {
    case .drop: continue
    case .keep:
      if !isFirst { sink.put(UInt8(ascii: ",")) }
      encodeString(source, from: element.keyStart, to: element.keyEnd, into: &sink)
    case .rename(let name):
      if !isFirst { sink.put(UInt8(ascii: ",")) }
      let quoted = selection.outputNames[name]
      sink.put(contentsOf: quoted.span)
    }
    isFirst = false
    guard sink.hasRoom else { return }
    sink.put(UInt8(ascii: ":"))
    encodeValue(source, element, depth: 1, into: &sink)
  }
  guard sink.hasRoom else { return }
  sink.put(UInt8(ascii: "}"))
}

/// Appends one value. `depth` is that of the document it stands in.
func encodeValue(
  _ source: borrowing Span<UInt8>, _ element: ElementLayout, depth: Int, into sink: inout JSONSink
) {
  guard sink.hasRoom else { return }
  let start = element.valueStart
  switch element.type {
  case .string, .code, .symbol:
    encodeString(source, from: start + 4, to: element.end - 1, into: &sink)
  case .document, .array:
    encodeFields(
      source, from: start, to: element.end, isArray: element.type == .array, depth: depth + 1, into: &sink)
  case .int32: encodeInteger(Int64(loadInt32(source, at: start)), into: &sink)
  case .int64: encodeInteger(Int64(bitPattern: loadUInt64(source, at: start)), into: &sink)
  case .double: encodeDouble(Double(bitPattern: loadUInt64(source, at: start)), into: &sink)
  case .bool: if source[start] != 0 { sink.put("true") } else { sink.put("false") }
  case .date: encodeDate(Int64(bitPattern: loadUInt64(source, at: start)), into: &sink)
  case .timestamp: encodeDate(Int64(loadUInt64(source, at: start) >> 32) * 1000, into: &sink)
  case .null, .undefined, .minKey, .maxKey: sink.put("null")
  case .objectID: encodeHex(source, from: start, count: 12, into: &sink)
  case .dbPointer: encodeHex(source, from: element.end - 12, count: 12, into: &sink)
  case .decimal128:
    encodeDecimal(
      BSONDecimal128(high: loadUInt64(source, at: start + 8), low: loadUInt64(source, at: start)), into: &sink)
  case .binary:
    let skipsInnerLength = source[start + 4] == 2 && element.end - start >= 9
    encodeBase64(source, from: start + (skipsInnerLength ? 9 : 5), to: element.end, into: &sink)
  case .regex:
    encodeRegex(source, from: start, to: element.end, into: &sink)
  case .codeWithScope:
    let code = Int(loadInt32(source, at: start + 4))
    guard code >= 1, code <= element.end - start - 13 else {
      sink.fault = .malformed("code length", offset: start + 4)
      sink.put("null")
      return
    }
    encodeString(source, from: start + 8, to: start + 8 + code - 1, into: &sink)
  }
}

/// Appends a decimal as a JSON number; null for NaN and the infinities.
private func encodeDecimal(_ number: BSONDecimal128, into sink: inout JSONSink) {
  var text: [UInt8] = []
  guard number.appendText(to: &text) else {
    sink.put("null")
    return
  }
  sink.put(contentsOf: text.span)
}

/// `/pattern/options` as a string.
private func encodeRegex(_ source: borrowing Span<UInt8>, from start: Int, to end: Int, into sink: inout JSONSink) {
  var text: [UInt8] = [UInt8(ascii: "/")]
  for index in start..<end - 1 { text.append(source[index] == 0 ? UInt8(ascii: "/") : source[index]) }
  encodeString(text.span, from: 0, to: text.count, into: &sink)
}
