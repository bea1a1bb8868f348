import BSON
import CSV

/// Writes fields of input objects in their canonical types, or says what is wrong with them.
struct FieldWriter {
  /// Numbers, booleans and nested values come as text: the input is CSV.
  let isTextual: Bool

  /// Writes one field. Nothing is written for empty text where that means absence.
  func append(_ element: BSONElement, as field: Field, to writer: inout BSONWriter) throws(Fault) {
    switch field.kind {
    case .id, .contact:
      guard let bytes = try idBytes(of: element, field.name) else {
        writer.append(field.name, element.decimalSpelling)
        return
      }
      if !bytes.isEmpty { writer.append(field.name, valueOf: element) }
    case .name:
      guard let bytes = try idBytes(of: element, field.name) else {
        writer.append(field.name, element.decimalSpelling)
        return
      }
      if bytes.isEmpty { throw Fault(.emptyId, field.name) }
      writer.append(field.name, valueOf: element)
    case .sourceName:
      let bytes = try text(of: element, field.name)
      guard (1...64).contains(bytes.count), bytes.allSatisfy(isNameByte) else { throw Fault(.notAName, field.name) }
      writer.append(field.name, valueOf: element)
    case .text:
      _ = try text(of: element, field.name)
      writer.append(field.name, valueOf: element)
    case .choice(let words):
      let bytes = try text(of: element, field.name)
      guard words.contains(where: { bytes.elementsEqual($0.utf8) }) else { throw Fault(.unknownValue, field.name) }
      writer.append(field.name, valueOf: element)
    case .currency:
      let bytes = try text(of: element, field.name)
      guard bytes.count == 3, bytes.allSatisfy(isLetter) else { throw Fault(.notACurrency, field.name) }
      writer.append(field.name, String(decoding: bytes.map { $0 & 0xDF }, as: UTF8.self))
    case .timestamp:
      writer.append(field.name, try moment(of: element, field.name))
    case .dayText:
      _ = try moment(of: element, field.name)
      switch element.type {
      case .string: writer.append(field.name, valueOf: element)
      case .int32, .int64: writer.append(field.name, element.decimalSpelling)
      default: throw Fault(.notADate, field.name)
      }
    case .date:
      guard let bytes = element.textBytes, bytes.count == 10, day(ofText: bytes) != nil
      else { throw Fault(.notADate, field.name) }
      writer.append(field.name, valueOf: element)
    case .amount(let bounds):
      writer.append(field.name, try number(of: element, field.name, within: bounds))
    case .quantity:
      let number = try number(of: element, field.name, within: 0...IngestLimits.quantityMax)
      if let whole = Int(exactly: number) {
        writer.append(field.name, whole)
      } else {
        writer.append(field.name, number)
      }
    case .integer(let bounds):
      writer.append(field.name, try integer(of: element, field.name, within: bounds))
    case .flag:
      writer.append(field.name, try flag(of: element, field.name))
    case .object, .flags, .list, .values, .freeForm:
      try appendNested(element, as: field, to: &writer)
    }
  }

  /// The id that an element spells; nil for empty text.
  func idText(of element: BSONElement, _ name: String) throws(Fault) -> String? {
    guard let bytes = try idBytes(of: element, name) else { return element.decimalSpelling }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// Text of 0 to 512 bytes without NUL; nil for an integer.
  private func idBytes(of element: BSONElement, _ name: String) throws(Fault) -> ArraySlice<UInt8>? {
    guard let bytes = element.textBytes else {
      guard element.type == .int32 || element.type == .int64 else { throw Fault(.notAnId, name) }
      return nil
    }
    if bytes.count > IngestLimits.idBytesMax { throw Fault(.tooLong, name) }
    if element.textHasNUL { throw Fault(.containsNul, name) }
    return bytes
  }

  private func text(of element: BSONElement, _ name: String) throws(Fault) -> ArraySlice<UInt8> {
    guard let bytes = element.textBytes else { throw Fault(.notAString, name) }
    if element.textHasNUL { throw Fault(.containsNul, name) }
    return bytes
  }

  /// The moment that an element stands for.
  func moment(of element: BSONElement, _ name: String) throws(Fault) -> BSONDate {
    let date: BSONDate? =
      switch element.value {
      case .string: element.textBytes.flatMap(Ingestion.moment(ofText:))
      case .int32(let number): Ingestion.moment(ofNumber: Int64(number))
      case .int64(let number): Ingestion.moment(ofNumber: number)
      case .double(let number): Ingestion.moment(ofNumber: number)
      case .date(let date) where date.hasText: date
      default: nil
      }
    guard let date else { throw Fault(.notATimestamp, name) }
    return date
  }

  private func number(of element: BSONElement, _ name: String, within bounds: ClosedRange<Double>) throws(Fault)
    -> Double
  {
    let number = isTextual ? element.textBytes.flatMap(parseDecimal) : element.value.doubleValue
    guard let number, number.isFinite else { throw Fault(.notANumber, name) }
    guard bounds.contains(number) else { throw Fault(.outOfRange, name) }
    // Minus zero is a zero.
    return number == 0 ? 0 : number
  }

  private func integer(of element: BSONElement, _ name: String, within bounds: ClosedRange<Int64>) throws(Fault)
    -> Int
  {
    if let whole = isTextual ? element.textBytes.flatMap(parseInteger) : element.value.intValue {
      guard bounds.contains(Int64(whole)) else { throw Fault(.outOfRange, name) }
      return whole
    }
    // `12.0` is a whole number, as spreadsheets write it.
    let number = isTextual ? element.textBytes.flatMap(parseDecimal) : element.value.doubleValue
    guard let number else { throw Fault(.notANumber, name) }
    guard number == number.rounded() else { throw Fault(.notAnInteger, name) }
    guard let whole = Int(exactly: number), bounds.contains(Int64(whole)) else { throw Fault(.outOfRange, name) }
    return whole
  }

  func flag(of element: BSONElement, _ name: String) throws(Fault) -> Bool {
    if isTextual, let bytes = element.textBytes {
      switch String(decoding: withoutSpaces(bytes).map { isLetter($0) ? $0 | 0x20 : $0 }, as: UTF8.self) {
      case "true", "1": return true
      case "false", "0": return false
      default: throw Fault(.notABoolean, name)
      }
    }
    guard let flag = element.value.boolValue else { throw Fault(.notABoolean, name) }
    return flag
  }
}

extension BSONElement {
  /// An int32 or an int64 in decimal.
  var decimalSpelling: String { value.intValue.map { String($0) } ?? "" }
}

private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }

private func isNameByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
  default: isLetter(byte)
  }
}
