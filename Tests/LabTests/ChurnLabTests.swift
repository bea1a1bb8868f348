import Testing

@testable import Lab

@Suite struct ChurnLabTests {
  private func write(_ lines: [String], to path: String) throws {
    try LabTests.write(lines.joined(separator: "\n") + "\n", to: path)
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
        return try lines("\(folder)/out.csv").dropFirst().map { String($0.split(separator: ",")[1]) }
      }
      let exact = try run(padded)
      #expect(Set(exact).count > 1)
      #expect(try run { "\($0)" } == exact)
    }
  }

  @Test func `labels that contradict each other, and purchases that nobody made, are told with their place`() throws {
    try withFolder { folder in
      let buys = ["customer_id,date,amount"] + (1...40).map { "c\($0),2024-0\($0 % 6 + 1)-10,\($0)" }
      let labels = ["customer_id,churned"] + (1...40).map { "c\($0),\($0 % 2)" }
      func message(_ buys: [String], _ labels: [String], cutoff: String = "2024-06-30") throws -> String {
        try write(buys, to: "\(folder)/t.csv")
        try write(labels, to: "\(folder)/l.csv")
        let error = #expect(throws: LabError.self) {
          try ChurnLab(
            source: .transactions(
              "\(folder)/t.csv", labels: "\(folder)/l.csv", cutoff: cutoff, predict: "\(folder)/l.csv"),
            output: "\(folder)/out.csv"
          ).run()
        }
        return String((error?.message ?? "").dropFirst(folder.count + 1))
      }
      let strangers = ["customer_id,churned"] + (1...40).map { "z\($0),\($0 % 2)" }
      for (found, expected) in [
        (try message(buys, labels + ["c2,1"]), "l.csv:42:4: churned: c2 has another label"),
        (try message(buys + ["c\u{0},2024-01-10,1"], labels), "t.csv:42:1: customer_id: "),
        (try message(["customer_id,date,amount"], labels), "t.csv:2:1: there are no purchases"),
        (try message(buys, labels, cutoff: "1990-01-01"), "t.csv:2:1: there are no purchases up to 1990-01-01"),
        (try message(buys, strangers), "l.csv:2:1: no customer of this file has a purchase"),
      ] {
        #expect(found.hasPrefix(expected), "\(found)")
      }
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

  @Test func `a feature that the customers to be judged lack is told with their file`() throws {
    try withFolder { folder in
      try write(["id,x,y"] + (1...30).map { "\($0),\($0 % 7),\($0 % 2)" }, to: "\(folder)/t.csv")
      try write(["id,z", "1,1"], to: "\(folder)/p.csv")
      let error = #expect(throws: LabError.self) {
        try ChurnLab(
          source: .table(train: "\(folder)/t.csv", label: "y", id: "id", predict: "\(folder)/p.csv"),
          output: "\(folder)/out.csv"
        ).run()
      }
      #expect(error?.message == "\(folder)/p.csv:1:1: there is no column x; found id, z")
    }
  }
}
