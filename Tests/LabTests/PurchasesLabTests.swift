import Testing

@testable import Lab

@Suite struct PurchasesLabTests {
  /// Runs with a file of purchases in a folder that is removed afterwards; gives the rows that were written, by customer.
  private func rows(
    _ purchases: [String], _ question: PurchasesLab.Question, cutoff: String? = nil
  ) throws -> (report: Report, rows: [String: [String]]) {
    try withFolder { folder in
      try write(purchases.joined(separator: "\n") + "\n", to: folder + "/t.csv")
      var lab = PurchasesLab(question, transactions: folder + "/t.csv", output: folder + "/out.csv")
      lab.cutoff = cutoff
      let report = try lab.run()
      let written = try lines(folder + "/out.csv").dropFirst().map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
      return (report, Dictionary(written.map { ($0[0], $0) }, uniquingKeysWith: { $1 }))
    }
  }

  /// Ten customers; customer n buys n times, the last time n days before the end of March, for n a time.
  private static let purchases =
    ["customer_id,date,quantity,amount"]
    + (1...10).flatMap { customer in
      (0..<customer).map { "c\(customer),2024-03-\($0 < 9 ? "0" : "")\(1 + $0),1,\(customer)" }
        + ["c\(customer),2024-03-\(31 - customer),2,\(customer)"]
    }

  @Test func `who bought lately, often and much stands first`() throws {
    let (report, rows) = try rows(Self.purchases, .rfm)
    #expect(rows.count == 10)
    // The file ends on the 30th, when the first customer bought.
    #expect(rows["c1"]?[1...6].map { $0 } == ["0", "2", "2.0", "5", "1", "1"])
    #expect(rows["c10"]?[1...6].map { $0 } == ["9", "11", "110.0", "1", "5", "5"])
    #expect(rows["c10"]?[7] == "155" && rows["c10"]?[8] == "at risk")
    #expect(report.json.contains("\"customers\": 10"))
  }

  @Test func `what comes after the cut-off is not known`() throws {
    let (_, rows) = try rows(Self.purchases + ["late,2024-05-01,1,5"], .rfm, cutoff: "2024-03-05")
    #expect(rows["late"] == nil)
    #expect(rows["c10"]?[2] == "5" && rows["c10"]?[1] == "0" && rows["c1"]?[1] == "4")
  }

  @Test func `more repeat purchases promise more, and money is purchases times amount`() throws {
    let (report, rows) = try rows(Self.purchases, .lifetimeValue(horizonDays: 90))
    func number(_ customer: String, _ column: Int) throws -> Double {
      let row = try #require(rows[customer])
      return try #require(Double(row[column]))
    }
    #expect(try number("c10", 3) > number("c2", 3))
    for customer in rows.keys {
      #expect((0...1).contains(try number(customer, 2)))
    }
    #expect(report.json.contains("\"horizon_days\": 90"))
    #expect(report.json.contains("\"alpha\": "))
  }

  @Test(arguments: [
    ("customer_id,date,amount\nc1,yesterday,5", nil, 1, "'yesterday' is no date YYYY-MM-DD"),
    ("customer_id,date,amount", nil, 1, "t.csv:2:1: there are no purchases"),
    ("customer_id,date,amount\nc1,2024-01-01,5", "tomorrow", 1, "--cutoff 'tomorrow' is no date YYYY-MM-DD"),
    ("customer_id,date,amount\nc1,2024-01-01,5", nil, 0, "--horizon must be 1...36500 days"),
    ("customer_id,date,amount\nc1,2024-01-01,5", nil, 30, "t.csv: "),
  ])
  func `bad input is told with its place`(text: String, cutoff: String?, horizon: Int, message: String) throws {
    let error = #expect(throws: LabError.self) {
      try rows([text], .lifetimeValue(horizonDays: horizon), cutoff: cutoff)
    }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    #expect(error?.exitCode == 2)
  }
}
