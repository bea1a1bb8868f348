import Foundation
import Testing

@testable import Lab

@Suite struct ChurnLabTests {
  /// Runs with files in a folder that is removed afterwards.
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lab-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func write(_ lines: [String], to path: String) throws {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
  }

  private func probabilities(_ path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test func `ids that lost their zeros mean the same customers`() throws {
    try withFolder { folder in
      let customers = 1...60
      func padded(_ id: Int) -> String { String(repeating: "0", count: 4 - "\(id)".count) + "\(id)" }
      try write(
        ["customer_id,date,quantity,amount"]
          + customers.flatMap { id in (0...(id % 5)).map { "\(padded(id)),2024-0\(1 + $0)-0\(1 + id % 7),1,\(10 + id)" }
          },
        to: "\(folder)/t.csv")
      func run(_ spelled: (Int) -> String) throws -> [String] {
        try write(
          ["customer_id,churned"] + customers.map { "\(spelled($0)),\($0 % 5 < 2 ? "Yes" : "no")" },
          to: "\(folder)/l.csv")
        _ = try ChurnLab(
          source: .transactions(
            "\(folder)/t.csv", labels: "\(folder)/l.csv", cutoff: "2024-06-30", predict: "\(folder)/l.csv"),
          output: "\(folder)/out.csv"
        ).run()
        return try probabilities("\(folder)/out.csv").dropFirst().map { String($0.split(separator: ",")[1]) }
      }
      let exact = try run(padded)
      #expect(Set(exact).count > 1)
      #expect(try run { "\($0)" } == exact)
    }
  }

  @Test func `too few of a label are refused with both counts`() throws {
    try withFolder { folder in
      try write(["id,x,y"] + (1...30).map { "\($0),\($0 % 7),\($0 == 3 ? "TRUE" : "false")" }, to: "\(folder)/t.csv")
      let error = #expect(throws: LabError.self) {
        try ChurnLab(
          source: .table(train: "\(folder)/t.csv", label: "y", id: "id", predict: "\(folder)/t.csv"),
          output: "\(folder)/out.csv"
        ).run()
      }
      #expect(error?.message.contains("1 rows of the rarer label (1 yes, 29 no) given, at least 10 needed") == true)
      #expect(error?.exitCode == 2)
    }
  }
}
