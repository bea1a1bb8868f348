import BSON
import CSV

/// Writes fields of input objects in their canonical types, or says what is wrong with them.
struct FieldWriter {
  /// Numbers, booleans and nested values come as text: the input is CSV.
  let isTextual: Bool

  /// Writes one field. Nothing is written for empty text where that means absence.
  func append(_ element: BSONElement, as field: Field, to writer: inout BSONWriter) throws(Fault) {
    do throws(FaultCode) {
      switch field.kind {
      case .scalar(let kind):
        try element.withBytes { (given, input) throws(FaultCode) in
          try append(given, of: input, as: kind, named: field.name.utf8Span.span, to: &writer)
        }
        return
      case .choice(let words):
        try element.withBytes { (given, input) throws(FaultCode) in _ = try text(of: given, in: input) }
        let isKnown = words.contains { element.textBytes?.elementsEqual($0.utf8) == true }
        if !isKnown { throw .unknownValue }
        writer.append(field.name, valueOf: element)
        return
      case .object, .flags, .list, .values, .freeForm:
        break
      }
    } catch {
      throw Fault(error, field.name)
    }
    try appendNested(element, as: field, to: &writer)
  }

  /// Writes one value under a name: what every field of every item goes through.
  func append(
    _ given: BSONScan.Field, of input: borrowing Span<UInt8>, as kind: ScalarKind, named name: borrowing Span<UInt8>,
    to writer: inout BSONWriter
  ) throws(FaultCode) {
    switch kind {
    case .id, .contact, .name:
      switch try id(of: given, in: input) {
      case .text(let text): writer.append(name, text: input.extracting(text))
      case .number(let number): writer.append(name, String(number))
      case nil: if case .name = kind { throw .emptyId }
      }
    case .sourceName:
      let text = input.extracting(try text(of: given, in: input))
      guard (1...64).contains(text.count) else { throw .notAName }
      for index in 0..<text.count where !isNameByte(text[index]) { throw .notAName }
      writer.append(name, text: text)
    case .text:
      writer.append(name, text: input.extracting(try text(of: given, in: input)))
    case .currency:
      let text = input.extracting(try text(of: given, in: input))
      guard text.count == 3, isLetter(text[0]), isLetter(text[1]), isLetter(text[2]) else { throw .notACurrency }
      writer.append(name, String(decoding: [text[0] & 0xDF, text[1] & 0xDF, text[2] & 0xDF], as: UTF8.self))
    case .timestamp:
      writer.append(name, try moment(of: given, in: input))
    case .dayText:
      _ = try moment(of: given, in: input)
      if let text = BSONScan.text(of: given) {
        writer.append(name, text: input.extracting(text))
      } else if given.type == .int32 || given.type == .int64, let number = BSONScan.int(given, in: input) {
        writer.append(name, String(number))
      } else {
        throw .notADate
      }
    case .date:
      guard let text = BSONScan.text(of: given), text.count == 10, day(ofText: input.extracting(text)) != nil
      else { throw .notADate }
      writer.append(name, text: input.extracting(text))
    case .amount(let bounds):
      writer.append(name, try number(of: given, in: input, within: bounds))
    case .quantity:
      let number = try number(of: given, in: input, within: 0...IngestLimits.quantityMax)
      if let whole = Int(exactly: number) { writer.append(name, whole) } else { writer.append(name, number) }
    case .integer(let bounds):
      writer.append(name, try integer(of: given, in: input, within: bounds))
    case .flag:
      writer.append(name, try flag(of: given, in: input))
    }
  }

  // MARK: Values

  /// An id: text of 1 to 512 bytes without NUL, or an integer; nil for empty text.
  func id(of given: BSONScan.Field, in input: borrowing Span<UInt8>) throws(FaultCode) -> GivenId? {
    guard let text = BSONScan.text(of: given) else {
      guard given.type == .int32 || given.type == .int64, let number = BSONScan.int(given, in: input)
      else { throw .notAnId }
      return .number(number)
    }
    if text.count > IngestLimits.idBytesMax { throw .tooLong }
    if BSONScan.hasNUL(input.extracting(text)) { throw .containsNul }
    return text.isEmpty ? nil : .text(text)
  }

  /// Where text without NUL lies.
  private func text(of given: BSONScan.Field, in input: borrowing Span<UInt8>) throws(FaultCode) -> Range<Int> {
    guard let text = BSONScan.text(of: given) else { throw .notAString }
    if BSONScan.hasNUL(input.extracting(text)) { throw .containsNul }
    return text
  }

  /// The moment that a value stands for.
  func moment(of given: BSONScan.Field, in input: borrowing Span<UInt8>) throws(FaultCode) -> BSONDate {
    let date: BSONDate? =
      switch given.type {
      case .string: BSONScan.text(of: given).flatMap { Ingestion.moment(ofText: input.extracting($0)) }
      case .int32, .int64: BSONScan.int(given, in: input).flatMap { Ingestion.moment(ofNumber: Int64($0)) }
      case .double: BSONScan.double(given, in: input).flatMap { Ingestion.moment(ofNumber: $0) }
      case .date: BSONScan.date(given, in: input).flatMap { $0.hasText ? $0 : nil }
      default: nil
      }
    guard let date else { throw .notATimestamp }
    return date
  }

  private func number(
    of given: BSONScan.Field, in input: borrowing Span<UInt8>, within bounds: ClosedRange<Double>
  ) throws(FaultCode) -> Double {
    let number = isTextual ? decimal(of: given, in: input) : BSONScan.double(given, in: input)
    guard let number, number.isFinite else { throw .notANumber }
    guard bounds.contains(number) else { throw .outOfRange }
    // Minus zero is a zero.
    return number == 0 ? 0 : number
  }

  private func integer(
    of given: BSONScan.Field, in input: borrowing Span<UInt8>, within bounds: ClosedRange<Int64>
  ) throws(FaultCode) -> Int {
    let whole: Int? =
      if isTextual {
        BSONScan.text(of: given).flatMap { parseInteger(input.extracting($0)) }
      } else {
        given.type == .bool ? nil : BSONScan.int(given, in: input)
      }
    if let whole {
      guard bounds.contains(Int64(whole)) else { throw .outOfRange }
      return whole
    }
    // `12.0` is a whole number, as spreadsheets write it.
    guard let number = isTextual ? decimal(of: given, in: input) : BSONScan.double(given, in: input)
    else { throw .notANumber }
    guard number == number.rounded() else { throw .notAnInteger }
    guard let whole = Int(exactly: number), bounds.contains(Int64(whole)) else { throw .outOfRange }
    return whole
  }

  private func decimal(of given: BSONScan.Field, in input: borrowing Span<UInt8>) -> Double? {
    BSONScan.text(of: given).flatMap { parseDecimal(input.extracting($0)) }
  }

  private func flag(of given: BSONScan.Field, in input: borrowing Span<UInt8>) throws(FaultCode) -> Bool {
    if isTextual, let text = BSONScan.string(given, in: input) {
      switch String(decoding: withoutSpaces(Array(text.utf8)[...]).map { isLetter($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
      {
      case "true", "1": return true
      case "false", "0": return false
      default: throw .notABoolean
      }
    }
    guard given.type == .bool, let flag = BSONScan.int(given, in: input) else { throw .notABoolean }
    return flag != 0
  }
}

/// An id as it was given.
enum GivenId {
  /// Where its text lies.
  case text(Range<Int>)
  /// The integer whose decimal spelling it is.
  case number(Int)

  /// The id as text.
  func string(in input: borrowing Span<UInt8>) -> String {
    switch self {
    case .text(let place):
      let text = input.extracting(place)
      let bytes = [UInt8](capacity: text.count) { output in for index in 0..<text.count { output.append(text[index]) } }
      return String(decoding: bytes, as: UTF8.self)
    case .number(let number): return String(number)
    }
  }
}

// Elements that stand alone, for the dialects.

extension FieldWriter {
  /// The id that an element spells; nil for empty text.
  func idText(of element: BSONElement, _ name: String) throws(Fault) -> String? {
    do throws(FaultCode) {
      return try element.withBytes { (given, input) throws(FaultCode) in try id(of: given, in: input)?.string(in: input)
      }
    } catch {
      throw Fault(error, name)
    }
  }

  /// The moment that an element stands for.
  func moment(of element: BSONElement, _ name: String) throws(Fault) -> BSONDate {
    do throws(FaultCode) {
      return try element.withBytes { (given, input) throws(FaultCode) in try moment(of: given, in: input) }
    } catch {
      throw Fault(error, name)
    }
  }

  /// True or false, as an element says.
  func flag(of element: BSONElement, _ name: String) throws(Fault) -> Bool {
    do throws(FaultCode) {
      return try element.withBytes { (given, input) throws(FaultCode) in try flag(of: given, in: input) }
    } catch {
      throw Fault(error, name)
    }
  }
}

private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
  default: isLetter(byte)
  }
}
