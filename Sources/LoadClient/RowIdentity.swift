import COpenSSL
import CSV

/// Ids for rows that have none: a digest of the cells, and for the second and further equal rows of the file their number.
///
/// Loading the file again gives the same ids, so nothing counts twice; two equal rows (two equal purchases on one day) stay
/// two. Costs 12 to 24 bytes of memory a row, to know the equal ones.
struct RowIdentity {
  private let kind: LoadKind
  private var seen = SeenDigests()
  private var repeats: [UInt64: Int] = [:]
  private var text: [UInt8] = []

  init(_ kind: LoadKind) { self.kind = kind }

  /// The id of the file's next row.
  mutating func id(of row: CSVRow) -> String {
    text.removeAll(keepingCapacity: true)
    text += kind.rawValue.utf8
    for index in 0..<row.count {
      let cell = row[index]
      // The length before the bytes: no two lists of cells give the same text.
      for shift in stride(from: 0, to: 32, by: 8) { text.append(UInt8(truncatingIfNeeded: cell.count >> shift)) }
      text += cell
    }
    var digest = [UInt8](repeating: 0, count: 32)
    // Both buffers outlive the call; the digest has the 32 bytes that SHA-256 writes.
    let isDone = unsafe text.withUnsafeBytes { source in
      unsafe digest.withUnsafeMutableBytes { target in
        unsafe c360_sha256(source.baseAddress, source.count, target.baseAddress?.assumingMemoryBound(to: UInt8.self))
      }
    }
    precondition(isDone == 1, "libcrypto has no SHA-256")
    let key = digest[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    var id = "row-" + hexadecimal(digest[..<16])
    if !seen.insert(key) {
      let number = repeats[key, default: 1] + 1
      repeats[key] = number
      id += "-\(number)"
    }
    return id
  }
}

/// The bytes in base 16.
func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
  var text: [UInt8] = []
  for byte in bytes {
    for digit in [byte >> 4, byte & 15] { text.append(digit < 10 ? 48 + digit : 87 + digit) }
  }
  return String(decoding: text, as: UTF8.self)
}

/// A set of 64-bit digests: open addressing, eight bytes a slot, filled up to two thirds.
struct SeenDigests {
  private var slots = [UInt64](repeating: 0, count: 1024)
  private var count = 0

  /// Adds a digest; false when it was there.
  mutating func insert(_ digest: UInt64) -> Bool {
    if count * 3 >= slots.count * 2 { grow() }
    // Zero marks a free slot.
    return place(digest == 0 ? 1 : digest)
  }

  private mutating func place(_ digest: UInt64) -> Bool {
    var slot = Int(truncatingIfNeeded: digest) & (slots.count - 1)
    while slots[slot] != 0 {
      if slots[slot] == digest { return false }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = digest
    count += 1
    return true
  }

  private mutating func grow() {
    let old = slots
    slots = [UInt64](repeating: 0, count: old.count * 2)
    count = 0
    for digest in old where digest != 0 { _ = place(digest) }
  }
}
