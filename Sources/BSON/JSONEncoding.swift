/// BSON to clean JSON, field by field from bytes to bytes; no tree is built.
///
/// Dates are RFC 3339 in UTC with milliseconds (null outside the years 1...9999), timestamps their second as a date,
/// ObjectIds 24 hexadecimal digits, int64 and decimal128 plain numbers, NaN and the infinities null, binary base64,
/// regular expressions `/pattern/options`, code and symbols strings; undefined, minKey and maxKey null. Never MongoDB's
/// extended JSON. Doubles are the shortest text that reads back as the same double.
///
/// The output is well-formed JSON whatever the input: bytes that are not UTF-8 become U+FFFD; where trusted bytes are
/// malformed the rest of that document is left out; documents nested deeper than 200 become null.
public enum JSONEncoding {
  /// Appends a document as a JSON object.
  public static func append(
    _ document: BSONDocument, selection: JSONFieldSelection = .all, to out: inout [UInt8]
  ) {
    document.withBytes { bytes in
      _ = encode(bytes, selection: selection, to: &out)
    }
  }

  /// Appends a document straight from the driver's buffer. Nothing is appended when the bytes are malformed.
  public static func append(
    document bytes: borrowing Span<UInt8>, selection: JSONFieldSelection = .all, to out: inout [UInt8]
  ) throws(BSONError) {
    guard bytes.count >= 5 else { throw .truncated(offset: bytes.count) }
    let length = Int(loadInt32(bytes, at: 0))
    guard length >= 5 else { throw .malformed("document length", offset: 0) }
    guard length <= bytes.count else { throw .truncated(offset: bytes.count) }
    let mark = out.count
    if let error = encode(bytes, selection: selection, to: &out) {
      out.removeSubrange(mark...)
      throw error
    }
  }

  /// Appends an array as a JSON array.
  public static func append(_ array: BSONArray, to out: inout [UInt8]) {
    append(value: .array(array), to: &out)
  }

  /// Appends one value.
  public static func append(value: BSONValue, to out: inout [UInt8]) {
    if appendPlain(value, to: &out) { return }
    var writer = BSONWriter(reservingCapacity: 64)
    writer.append("", value)
    let document = writer.finish()
    document.withBytes { bytes in
      withSink(on: &out, expected: bytes.count, extra: 0) { sink in
        guard let element = ElementLayout(in: bytes, at: 4, limit: bytes.count - 1) else { return }
        encodeValue(bytes, element, depth: 1, into: &sink)
      }
    }
  }

  /// Appends a value that needs no document around it: what log lines and counts are made of. False for any other.
  private static func appendPlain(_ value: BSONValue, to out: inout [UInt8]) -> Bool {
    switch value {
    case .string(let text): append(string: text, to: &out)
    case .int32(let number): withSink(on: &out, expected: 0, extra: 0) { encodeInteger(Int64(number), into: &$0) }
    case .int64(let number): withSink(on: &out, expected: 0, extra: 0) { encodeInteger(number, into: &$0) }
    case .double(let number): withSink(on: &out, expected: 0, extra: 0) { encodeDouble(number, into: &$0) }
    case .date(let date):
      withSink(on: &out, expected: 0, extra: 0) { encodeDate(date.millisecondsSince1970, into: &$0) }
    default: return false
    }
    return true
  }

  /// Appends a string with its quotes.
  public static func append(string: String, to out: inout [UInt8]) {
    let bytes = string.utf8.span
    withSink(on: &out, expected: bytes.count, extra: 0) { sink in
      encodeString(bytes, from: 0, to: bytes.count, into: &sink)
    }
  }

  /// Appends numbers as a JSON array; NaN and the infinities are null.
  public static func append(doubles: borrowing Span<Double>, to out: inout [UInt8]) {
    withSink(on: &out, expected: doubles.count * 16, extra: 0) { sink in
      sink.put(UInt8(ascii: "["))
      for index in doubles.indices {
        guard sink.hasRoom else { return }
        if index > 0 { sink.put(UInt8(ascii: ",")) }
        encodeDouble(doubles[index], into: &sink)
      }
      guard sink.hasRoom else { return }
      sink.put(UInt8(ascii: "]"))
    }
  }

  /// Appends whole numbers as a JSON array.
  public static func append(integers: borrowing Span<Int>, to out: inout [UInt8]) {
    withSink(on: &out, expected: integers.count * 11, extra: 0) { sink in
      sink.put(UInt8(ascii: "["))
      for index in integers.indices {
        guard sink.hasRoom else { return }
        if index > 0 { sink.put(UInt8(ascii: ",")) }
        encodeInteger(Int64(integers[index]), into: &sink)
      }
      guard sink.hasRoom else { return }
      sink.put(UInt8(ascii: "]"))
    }
  }

  /// Appends a date as a JSON string, or null outside the years 1...9999.
  public static func append(date: BSONDate, to out: inout [UInt8]) {
    append(value: .date(date), to: &out)
  }

  /// Encodes a document whose length prefix fits `bytes`; says what was wrong with it, if anything was.
  private static func encode(
    _ bytes: borrowing Span<UInt8>, selection: JSONFieldSelection, to out: inout [UInt8]
  ) -> BSONError? {
    let end = Int(loadInt32(bytes, at: 0))
    var fault: BSONError?
    let source = bytes.extracting(0..<end)
    withSink(on: &out, expected: end, extra: selection.outputBytes) { sink in
      if selection.isAll {
        encodeFields(source, from: 0, to: end, isArray: false, depth: 1, into: &sink)
      } else {
        encodeSelected(source, selection, into: &sink)
      }
      fault = sink.fault
    }
    return fault
  }
}

/// Documents nested deeper than this are written as null: twice what MongoDB stores.
let encodingDepthMax = 200

/// Runs `body` on a sink over the free capacity of `out`. JSON is seldom longer than twice its BSON and never longer than
/// six times (a control character, six bytes for one): when the first guess does not hold it, `body` runs again.
func withSink(on out: inout [UInt8], expected: Int, extra: Int, _ body: (inout JSONSink) -> Void) {
  for factor in [2, 6] {
    var isFull = false
    out.append(addingCapacity: expected * factor + extra + 256 + JSONSink.slack) { output in
      // The sink lives inside the closure and writes within the buffer it is given.
      unsafe output.withUnsafeMutableBufferPointer { buffer, count in
        guard var sink = unsafe JSONSink(buffer) else { return }
        body(&sink)
        isFull = sink.isFull
        count = isFull ? 0 : sink.count
      }
    }
    if !isFull { return }
  }
}
