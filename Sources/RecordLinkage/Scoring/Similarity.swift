// How alike two short strings are. Free functions over spans: they run hundreds of millions of times.
// Bytes beyond the 64th are left out: a machine word holds one bit for each.

/// Jaro's similarity with Winkler's bonus for a common start of up to four letters (Jaro 1989; Winkler 1990, scale 0.1): 0 to 1.
func jaroWinkler(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Double {
  let m = min(a.count, 64), n = min(b.count, 64)
  if m == 0 || n == 0 { return m == n ? 1 : 0 }
  let window = max(0, max(m, n) / 2 - 1)
  var taken: UInt64 = 0
  var matched: UInt64 = 0
  for i in 0..<m {
    let byte = a[i]
    var j = max(0, i - window)
    let end = min(n, i + window + 1)
    while j < end {
      if b[j] == byte, taken & (1 << UInt64(j)) == 0 {
        taken |= 1 << UInt64(j)
        matched |= 1 << UInt64(i)
        break
      }
      j += 1
    }
  }
  let matches = taken.nonzeroBitCount
  if matches == 0 { return 0 }
  var halfTranspositions = 0
  var left = matched
  var right = taken
  while left != 0 {
    if a[left.trailingZeroBitCount] != b[right.trailingZeroBitCount] { halfTranspositions += 1 }
    left &= left - 1
    right &= right - 1
  }
  let common = Double(matches)
  let jaro = (common / Double(m) + common / Double(n) + (common - Double(halfTranspositions / 2)) / common) / 3
  var prefix = 0
  while prefix < min(4, m, n), a[prefix] == b[prefix] { prefix += 1 }
  return jaro + 0.1 * Double(prefix) * (1 - jaro)
}

/// Restricted Damerau–Levenshtein distance: insertions, deletions, substitutions and swaps of neighbours (Damerau 1964), by
/// bit vectors (Hyyrö 2003). `limit + 1` or more as soon as it is known to exceed `limit`.
func editDistance(_ a: Span<UInt8>, _ b: Span<UInt8>, atMost limit: Int = 64) -> Int {
  let m = min(a.count, 64), n = min(b.count, 64)
  if m == 0 { return n }
  var positive: UInt64 = ~0
  var negative: UInt64 = 0
  var diagonal: UInt64 = 0
  var previousMatches: UInt64 = 0
  var distance = m
  let last: UInt64 = 1 << UInt64(m - 1)
  for j in 0..<n {
    let byte = b[j]
    var matches: UInt64 = 0
    for i in 0..<m where a[i] == byte { matches |= 1 << UInt64(i) }
    let swaps = ((~diagonal & matches) << 1) & previousMatches
    diagonal = (((matches & positive) &+ positive) ^ positive) | matches | negative | swaps
    var horizontalPositive = negative | ~(diagonal | positive)
    let horizontalNegative = diagonal & positive
    if horizontalPositive & last != 0 { distance += 1 }
    if horizontalNegative & last != 0 { distance -= 1 }
    // Every letter that is left can take back one.
    if distance - (n - 1 - j) > limit { return limit + 1 }
    horizontalPositive = horizontalPositive << 1 | 1
    positive = horizontalNegative << 1 | ~(diagonal | horizontalPositive)
    negative = diagonal & horizontalPositive
    previousMatches = matches
  }
  return distance
}

/// Which of 32 kinds of bytes a text has: the low five bits of each letter or digit.
func letterMask(_ text: borrowing Span<UInt8>) -> UInt32 {
  var mask: UInt32 = 0
  for index in 0..<text.count { mask |= 1 << UInt32(text[index] & 31) }
  return mask
}

/// A bound from below of the edit distance: a change of one letter removes and adds one kind of letter at most.
@inline(__always)
func editDistanceBound(_ a: UInt32, _ b: UInt32) -> Int { max((a & ~b).nonzeroBitCount, (b & ~a).nonzeroBitCount) }

/// Whether the two hold the same bytes.
@inline(__always)
func isEqual(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
  guard a.count == b.count else { return false }
  for index in 0..<a.count where a[index] != b[index] { return false }
  return true
}
