/// Under which keys a record can be found. Records that share a key are compared.
///
/// Every error of typing must leave some key whole, so keys overlap: whole contacts, halves of identifiers, sounds of names, dates
/// with an initial, names with places.
struct BlockingKeys {
  /// The kinds of keys that make blocks.
  static let kinds = 16
  /// The kinds of keys by which a block that is too large is divided.
  static let dividers = 12

  /// Kinds that are made of names alone: common names make large blocks,
  static func isOfNames(_ kind: Int) -> Bool { kind == 10 || kind == 15 }
  /// which these dividers cut in a stored index: year of birth, town. Postal codes stand in keys of their own.
  static let dividersOfNames = [5, 10]

  let table: RecordTable
  /// Whether keys are made of the values themselves and not of their numbers in the table: they hold beyond it then.
  var isStable = false

  /// What stands for a value in a key.
  @inline(__always)
  private func number(_ lexicon: @autoclosure () -> Lexicon, _ id: UInt32) -> UInt64 {
    guard isStable else { return UInt64(id) }
    let lexicon = lexicon()
    return StableHash.of(lexicon.bytes.span.extracting(lexicon.range(id)))
  }

  /// The keys of one kind: up to two hashes. Nothing is added when the record lacks what the key is made of.
  @inline(__always)
  func append(kind: Int, of row: RecordTable.Row, to keys: inout [UInt64]) {
    switch kind {
    case 0: if row.email > 0 { keys.append(number(table.emails, row.email)) }
    case 1: if row.email > 0, row.localBytes >= 4 { keys.append(localHash(row, 0, Int(row.localBytes))) }
    case 2: if row.phone > 0 { keys.append(number(table.phones, row.phoneValue)) }
    case 3: if row.loyaltyId > 0 { keys.append(number(table.loyaltyIds, row.loyaltyId)) }
    case 4: if row.nationalId > 0 { keys.append(number(table.nationalIds, row.nationalId)) }
    case 5: appendHalf(table.loyaltyIds, row.loyaltyId, first: true, row, &keys)
    case 6: appendHalf(table.loyaltyIds, row.loyaltyId, first: false, row, &keys)
    case 7: appendHalf(table.nationalIds, row.nationalId, first: true, row, &keys)
    case 8: appendHalf(table.nationalIds, row.nationalId, first: false, row, &keys)
    case 9: if row.birthDate > 0 { appendInitials(row, UInt64(row.birthDate), &keys) }
    case 10:
      if row.given > 0, row.surname > 0 {
        let a = sound(table.givenNames, row.given), b = sound(table.surnames, row.surname)
        keys.append(StableHash.combine(min(a, b), max(a, b)))
      }
    case 11:
      if row.surname > 0, row.postcode > 0 {
        keys.append(StableHash.combine(number(table.surnames, row.surname), number(table.postcodes, row.postcode)))
      }
    case 12:
      if row.given > 0, row.postcode > 0 {
        keys.append(StableHash.combine(number(table.givenNames, row.given), number(table.postcodes, row.postcode)))
      }
    case 13:
      if row.number > 0, row.street > 0 {
        keys.append(StableHash.combine(number(table.numbers, row.number), start(table.streets, row.street, 4)))
      }
    case 14:
      if row.number > 0, row.postcode > 0 {
        keys.append(StableHash.combine(number(table.numbers, row.number), number(table.postcodes, row.postcode)))
      }
    default:
      if row.given > 0, row.surname > 0 {
        keys.append(StableHash.combine(number(table.surnames, row.surname), start(table.givenNames, row.given, 1)))
        keys.append(
          StableHash.combine(number(table.givenNames, row.given) ^ 1 << 40, start(table.surnames, row.surname, 1)))
      }
    }
  }

  /// A key that divides a block, nil when the record lacks it.
  @inline(__always)
  func divider(_ kind: Int, of row: RecordTable.Row) -> UInt64? {
    switch kind {
    case 0: row.localBytes >= 3 ? localHash(row, 0, 3) : nil
    case 1: row.localBytes >= 3 ? localHash(row, Int(row.localBytes) - 3, Int(row.localBytes)) : nil
    case 2: row.phone > 0 ? row.phone % 10_000 : nil
    case 3: row.phone > 0 ? PhoneDigits.tail(row.phone) / 10_000 : nil
    case 4: row.birthDate > 0 ? UInt64(row.birthDate % 10_000) : nil
    case 5: row.birthDate > 0 ? UInt64(row.birthDate / 10_000) : nil
    case 6: row.postcode > 0 ? number(table.postcodes, row.postcode) : nil
    case 7: row.number > 0 ? number(table.numbers, row.number) : nil
    case 8: row.given > 0 ? number(table.givenNames, row.given) : nil
    case 9: row.surname > 0 ? number(table.surnames, row.surname) : nil
    case 10: row.city > 0 ? number(table.cities, row.city) : nil
    default: row.street > 0 ? number(table.streets, row.street) : nil
    }
  }

  private func localHash(_ row: RecordTable.Row, _ from: Int, _ to: Int) -> UInt64 {
    let start = table.emails.range(row.email).lowerBound
    return StableHash.of(table.emails.bytes.span.extracting((start + from)..<(start + to)))
  }

  private func start(_ lexicon: Lexicon, _ id: UInt32, _ count: Int) -> UInt64 {
    StableHash.of(lexicon.bytes.span.extracting(lexicon.range(id)).extracting(first: count))
  }

  /// The key with the initial of each name.
  private func appendInitials(_ row: RecordTable.Row, _ key: UInt64, _ keys: inout [UInt64]) {
    if row.given > 0 { keys.append(StableHash.combine(key, start(table.givenNames, row.given, 1))) }
    if row.surname > 0 { keys.append(StableHash.combine(key, start(table.surnames, row.surname, 1))) }
  }

  /// One half of an identifier with an initial: an error of typing leaves the other half whole.
  private func appendHalf(_ lexicon: Lexicon, _ id: UInt32, first: Bool, _ row: RecordTable.Row, _ keys: inout [UInt64])
  {
    guard id > 0 else { return }
    let range = lexicon.range(id)
    guard range.count >= 5 else { return }
    let middle = range.lowerBound + (range.count + 1) / 2
    let half = first ? range.lowerBound..<middle : (middle - 1)..<range.upperBound
    appendInitials(row, StableHash.of(lexicon.bytes.span.extracting(half)), &keys)
  }

  /// Soundex of a name (Russell 1918), whole words of other scripts by their bytes.
  private func sound(_ lexicon: Lexicon, _ id: UInt32) -> UInt64 {
    let word = lexicon.bytes.span.extracting(lexicon.range(id))
    var code = UInt64(word[0])
    var digits = 0
    var last = soundexDigit(word[0])
    var index = 1
    while index < word.count, digits < 3 {
      let byte = word[index]
      if byte >= 0x80 { return StableHash.of(word) }
      let digit = soundexDigit(byte)
      if digit > 0, digit != last {
        code = code << 8 | UInt64(digit)
        digits += 1
      }
      if byte != UInt8(ascii: "h"), byte != UInt8(ascii: "w") { last = digit }
      index += 1
    }
    return code
  }

  private func soundexDigit(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "p"), UInt8(ascii: "v"): 1
    case UInt8(ascii: "c"), UInt8(ascii: "g"), UInt8(ascii: "j"), UInt8(ascii: "k"), UInt8(ascii: "q"),
      UInt8(ascii: "s"),
      UInt8(ascii: "x"), UInt8(ascii: "z"):
      2
    case UInt8(ascii: "d"), UInt8(ascii: "t"): 3
    case UInt8(ascii: "l"): 4
    case UInt8(ascii: "m"), UInt8(ascii: "n"): 5
    case UInt8(ascii: "r"): 6
    default: 0
    }
  }
}
