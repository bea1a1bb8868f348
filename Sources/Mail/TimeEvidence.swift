/// Whether a folded text holds a date or a time of day, in any of the usual spellings.
struct TimeEvidence {
  /// 9:14, 09.14, 9h14, 9:14:23.
  private(set) var hasTime = false
  /// 05.03.2024, 5/3/24, 2024-03-05, or a year beside a month's day.
  private(set) var hasDate = false

  init(_ text: FoldedText) {
    // Runs of digits and the byte between each two of them.
    var runs: [(value: Int, length: Int, start: Int, end: Int)] = []
    let bytes = text.bytes
    var index = 0
    while index < bytes.count {
      guard isDigit(bytes[index]) else {
        index += 1
        continue
      }
      let start = index
      var value = 0
      while index < bytes.count, isDigit(bytes[index]) {
        value = min(value * 10 + Int(bytes[index] - 0x30), 1_000_000)
        index += 1
      }
      runs.append((value, index - start, start, index))
    }
    for (position, run) in runs.enumerated() {
      if run.length == 4, (1980...2099).contains(run.value) { hasDate = true }
      guard position + 1 < runs.count else { continue }
      let next = runs[position + 1]
      // 05. 03. 24, as Czech and Hungarian write it.
      if bytes[run.end] == 0x2E, next.start == run.end + 2, bytes[run.end + 1] == 0x20, position + 2 < runs.count,
        run.length <= 4, run.length != 3, next.length <= 2, next.value <= 31, next.end < bytes.count,
        bytes[next.end] == 0x2E, runs[position + 2].start == next.end + 2
      {
        hasDate = true
      }
      guard next.start == run.end + 1 else { continue }
      let between = bytes[run.end]
      let isClock = between == 0x3A || between == 0x68 || between == 0x2E
      if isClock, run.value < 25, run.length <= 2, next.length == 2, next.value < 60 { hasTime = true }
      guard position + 2 < runs.count else { continue }
      let third = runs[position + 2]
      if third.start == next.end + 1, bytes[next.end] == between, [0x2E, 0x2F, 0x2D].contains(between),
        run.length <= 4, next.length <= 2, next.value <= 31, third.length <= 4
      {
        hasDate = true
      }
    }
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
