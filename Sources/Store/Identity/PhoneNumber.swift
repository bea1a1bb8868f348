/// A telephone number in E.164: a plus sign and 7 to 15 digits, the first of them not 0.
///
/// Numbers are brought to one spelling, not proved to exist: numbering plans change, and a number that a shop wrote
/// down must still be found. What a source writes around the digits (spaces, hyphens, dots, slashes, parentheses, an
/// extension) is dropped.
public struct PhoneNumber: Sendable, Hashable {
  /// The longest input that is looked at, in bytes of UTF-8.
  public static let inputBytesMax = 64
  /// The fewest digits of a number, the country calling code included.
  public static let digitsMin = 7
  /// The most digits of a number, the country calling code included (E.164, section 6).
  public static let digitsMax = 15

  /// The number as `+15550100`. ASCII only.
  public let e164: String

  /// The number that `raw` stands for, or nil when it holds no usable digits or anything else beside them.
  ///
  /// `+`, `00` and the region's own international prefix lead a full number. Without one of them the region's calling
  /// code is put before the digits, after its trunk prefix is taken away. A number of only zeros is nobody's.
  public init?(_ raw: String, region: PhoneRegion = .northAmerica) {
    guard let written = WrittenNumber(raw) else { return nil }
    guard let digits = PhoneNumber.complete(written, region), digits.count >= PhoneNumber.digitsMin,
      digits.count <= PhoneNumber.digitsMax, digits[digits.startIndex] != UInt8(ascii: "0"),
      digits.dropFirst().contains(where: { $0 != UInt8(ascii: "0") })
    else { return nil }
    // Zeros after the region's code are a placeholder that a form insisted on.
    if digits.starts(with: region.callingCode.utf8),
      !digits.dropFirst(region.callingCode.utf8.count).contains(where: { $0 != UInt8(ascii: "0") })
    {
      return nil
    }
    e164 = "+" + String(decoding: digits, as: UTF8.self)
  }

  /// The digits of the full number, the calling code first.
  private static func complete(_ written: WrittenNumber, _ region: PhoneRegion) -> [UInt8]? {
    let digits = written.digits
    guard !digits.isEmpty else { return nil }
    if written.hasPlus { return digits }
    let prefix = region.internationalPrefix.utf8
    if !prefix.isEmpty, digits.starts(with: prefix) { return Array(digits.dropFirst(prefix.count)) }
    if digits.starts(with: "00".utf8) { return Array(digits.dropFirst(2)) }
    let code = Array(region.callingCode.utf8)
    let trunk = region.trunkPrefix.utf8
    if region == .northAmerica {
      if digits.count == 11, digits.starts(with: code) { return digits }
      // No number of this plan has more than ten digits: a plus sign was lost.
      return digits.count > 10 ? digits : code + digits
    }
    if !trunk.isEmpty, digits.starts(with: trunk) { return code + digits.dropFirst(trunk.count) }
    if digits.count > 10, digits.starts(with: code) { return digits }
    return code + digits
  }
}

/// What a person wrote: the digits before any extension, and whether a plus sign led them.
private struct WrittenNumber {
  var digits: [UInt8] = []
  var hasPlus = false

  /// Nil when something stands there that belongs to no telephone number.
  init?(_ raw: String) {
    let bytes = raw.utf8Span.span
    guard bytes.count <= PhoneNumber.inputBytesMax else { return nil }
    var index = 0
    if bytes.count > 4, bytes[0] | 0x20 == UInt8(ascii: "t"), bytes[1] | 0x20 == UInt8(ascii: "e"),
      bytes[2] | 0x20 == UInt8(ascii: "l"), bytes[3] == UInt8(ascii: ":")
    {
      index = 4
    }
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        // "+44 (0)20": the trunk prefix is for callers inside the country.
        let isOptionalTrunk =
          byte == UInt8(ascii: "0") && hasPlus && index > 0 && bytes[index - 1] == UInt8(ascii: "(")
          && index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: ")")
        if !isOptionalTrunk { digits.append(byte) }
      case UInt8(ascii: "+"):
        guard digits.isEmpty, !hasPlus else { return nil }
        hasPlus = true
      case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: "("),
        UInt8(ascii: ")"), 0x09:
        break
      case 0xC2 where index + 1 < bytes.count && bytes[index + 1] == 0xA0:  // no-break space
        index += 1
      case 0xE2
      where index + 2 < bytes.count && bytes[index + 1] == 0x80
        && ((bytes[index + 2] >= 0x80 && bytes[index + 2] <= 0x95) || bytes[index + 2] == 0xAF):
        index += 2  // U+2000...U+2015, U+202F: typographic spaces and hyphens
      default:
        guard !digits.isEmpty, isExtension(bytes, from: index) else { return nil }
        return
      }
      index += 1
    }
  }
}

/// Whether the rest is an extension: `x`, `ext`, `extn`, `extension` or `#`, in any case, then digits.
private func isExtension(_ bytes: borrowing Span<UInt8>, from start: Int) -> Bool {
  var index = start
  var word: [UInt8] = []
  while index < bytes.count, bytes[index] < UInt8(ascii: "0") || bytes[index] > UInt8(ascii: "9") {
    switch bytes[index] {
    case UInt8(ascii: " "), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "="), UInt8(ascii: ";"),
      UInt8(ascii: ","):
      break
    case let byte: word.append(byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte)
    }
    index += 1
  }
  guard ["x", "ext", "extn", "extension", "#"].contains(where: { word.elementsEqual($0.utf8) }) else { return false }
  let digits = bytes.count - index
  guard digits > 0 else { return false }
  while index < bytes.count {
    if bytes[index] < UInt8(ascii: "0") || bytes[index] > UInt8(ascii: "9") { return false }
    index += 1
  }
  return true
}
