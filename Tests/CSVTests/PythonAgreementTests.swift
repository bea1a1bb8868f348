import Foundation
import Testing

@testable import CSV

/// Python's csv module is the yardstick that everybody has.
@Suite struct PythonAgreementTests {
  private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Reads hex lines, answers per line `error` or the rows with hex fields.
  private static let script = """
    import csv, io, sys
    csv.field_size_limit(1 << 30)
    for line in sys.stdin:
        text = bytes.fromhex(line.strip()).decode("latin-1")
        try:
            rows = [r for r in csv.reader(io.StringIO(text, newline=""), strict=True) if r]
            print(";".join(",".join(f.encode("latin-1").hex() or "-" for f in r) for r in rows) or "none")
        except csv.Error:
            print("error")
    """

  private static func ours(_ text: [UInt8]) -> String {
    var reader = CSVReader(text)
    var rows: [String] = []
    do {
      while let row = try reader.next() {
        rows.append((0..<row.count).map { row.isEmpty($0) ? "-" : hex(row[$0]) }.joined(separator: ","))
      }
    } catch {
      return "error"
    }
    return rows.isEmpty ? "none" : rows.joined(separator: ";")
  }

  private static func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test(.enabled(if: python != nil, "python3 is not installed"))
  func `random texts read as Python's csv module reads them`() throws {
    let alphabets = ["ab,\"\n", "x,\"\"\r\n,y", "\"\n\r,", "abcdefg,,\"\n \u{e9}"].map { Array($0.utf8) }
    var random = SystemRandomNumberGenerator()
    let texts = (0..<4000).map { round in
      (0..<Int.random(in: 0...24, using: &random)).map { _ in alphabets[round % 4].randomElement(using: &random) ?? 0 }
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.python))
    process.arguments = ["-c", Self.script]
    let input = Pipe(), output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let request = Data(texts.map { Self.hex($0) }.joined(separator: "\n").utf8)
    DispatchQueue.global().async {
      try? input.fileHandleForWriting.write(contentsOf: request)
      try? input.fileHandleForWriting.close()
    }
    let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let lines = answer.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    try #require(lines.count == texts.count)
    for (text, expected) in zip(texts, lines) {
      #expect(Self.ours(text) == expected, "\(String(decoding: text, as: UTF8.self).debugDescription)")
    }
  }
}
