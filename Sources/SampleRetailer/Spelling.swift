/// How different hands write the same thing.
enum Spelling {
  /// One slip of the finger: two letters swapped, one left out, doubled or hit beside. The first letter stays.
  static func typo(in text: String, using random: inout SeededGenerator) -> String {
    var bytes = Array(text.utf8)
    let places = bytes.indices.dropFirst().dropLast().filter { isLetter(bytes[$0]) && isLetter(bytes[$0 + 1]) }
    guard !places.isEmpty else { return text + "e" }
    let place = random.pick(places)
    switch random.below(4) {
    case 0 where bytes[place] != bytes[place + 1]: bytes.swapAt(place, place + 1)
    case 1: bytes.remove(at: place)
    case 2: bytes.insert(bytes[place], at: place)
    default: bytes[place] = bytes[place] == UInt8(ascii: "e") ? UInt8(ascii: "r") : UInt8(ascii: "e")
    }
    let slipped = String(decoding: bytes, as: UTF8.self)
    return slipped == text ? text + "e" : slipped
  }

  /// An address as a person types it: now and then with capitals.
  static func email(_ address: String, using random: inout SeededGenerator) -> String {
    switch random.below(8) {
    case 0: return address.uppercased()
    case 1:
      guard let first = address.first else { return address }
      return first.uppercased() + address.dropFirst()
    default: return address
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }
}

/// A telephone number of the North American plan, kept to 555-01xx, the range that is reserved for fiction.
struct PhoneNumber: Equatable {
  var area: Int
  var line: Int

  /// Number `index` of the town. All are distinct; the first 79,200 (scale 50) stay within 555-0100...555-0199.
  init(index: Int, seed: UInt64) {
    // 792 area codes: 200...999 without the eight that end in 11. 397 has no divisor in common with 792.
    let choice = (index &* 397 + Int(seed % 792)) % 792
    area = 200 + choice / 99 * 100 + choice % 99
    if area % 100 >= 11 { area += 1 }
    line = (100 + index / 792) % 10_000
  }

  /// The one normal form, +1 and ten digits.
  var e164: String { "+1\(area)555\(Codes.padded(line, 4))" }

  /// The number in one of the spellings that forms accept.
  func spelled(using random: inout SeededGenerator) -> String {
    let tail = Codes.padded(line, 4)
    switch random.below(7) {
    case 0: return "+1 (\(area)) 555-\(tail)"
    case 1: return "(\(area)) 555-\(tail)"
    case 2: return "\(area)-555-\(tail)"
    case 3: return "\(area).555.\(tail)"
    case 4: return "+1\(area)555\(tail)"
    case 5: return "1-\(area)-555-\(tail)"
    default: return "\(area) 555 \(tail)"
    }
  }
}
