import Testing

@testable import Lab

@Suite struct MatchLabTests {
  /// Runs the command on a text and gives the lines of clusters and golden records.
  private func match(_ text: String, rules: String? = nil) throws -> (
    clusters: [String], golden: [String], report: String
  ) {
    var result: (clusters: [String], golden: [String], report: String) = ([], [], "")
    try withFolder { folder in
      try write(text, to: "\(folder)/in.csv")
      var lab = MatchLab(records: "\(folder)/in.csv", output: "\(folder)/out.csv")
      lab.golden = "\(folder)/golden.csv"
      if let rules {
        try write(rules, to: "\(folder)/rules.json")
        lab.rules = "\(folder)/rules.json"
      }
      let report = try lab.run()
      result = (try lines("\(folder)/out.csv"), try lines("\(folder)/golden.csv"), report.json)
    }
    return result
  }

  private let rows = """
    2,Walter,Brandt,walter.brandt@example.org,1980-12-24
    1,walter,brandt,Walter.Brandt@example.org,1980-12-24
    3,Helen,Garcia,h.garcia@example.net,1971-03-05

    """

  @Test func `clusters come in the order of the file, golden records one for each`() throws {
    let (clusters, golden, report) = try match("record_id,given_name,surname,email,date_of_birth\n" + rows)
    #expect(clusters == ["record_id,cluster_id", "2,1", "1,1", "3,3"])
    #expect(golden.count == 3)
    #expect(golden[0].hasPrefix("person_id,given_name,surname,email,phone,date_of_birth,loyalty_id,"))
    #expect(golden[1].hasPrefix("1,walter,brandt,walter.brandt@example.org,,1980-12-24,,"))
    #expect(report.contains("\"records\": 3, \"clusters\": 2, \"pairs_compared\": 1"))
    #expect(report.hasPrefix("{\"seconds\": "))
  }

  @Test func `columns are found by name, in any order, under the names of the API too`() throws {
    let text =
      "colour,email,lastName,birthDate,record_id,firstName\n" + "red,w@example.org,Brandt,1980-12-24,b,Walter\n"
      + "blue,w@example.org,Brandt,1980-12-24,a,Walter\n"
    #expect(try match(text).clusters == ["record_id,cluster_id", "b,a", "a,a"])
  }

  @Test(arguments: [
    ("ID,First Name,Last-Name,E-Mail,DOB", "Walter,Brandt,w@example.org,24.12.1980"),
    ("rec_id,full_name,email_address,dateOfBirth", "\"Brandt, Walter\",w@example.org,1980-12-24"),
    ("unique_id,fname_c1,lname_c1,by,bm,bd,phone", "WALTER,BRANDT,1980,12,24,212 555 0173"),
    ("record_id,name,telephone,zip,address", "Walter Brandt,(212) 555-0173,10001,12 Cedar St"),
    ("record_id,email", "w@example.org"), ("record_id,phone", "212 555 0173"),
  ]) func `columns are known under the names that files give them`(_ header: String, _ row: String) throws {
    let text = header + "\nb,\(row)\na,\(row)\n"
    #expect(try match(text).clusters == ["record_id,cluster_id", "b,a", "a,a"])
  }

  @Test func `the report says which share of pairs is expected to be right`() throws {
    let report = try match("record_id,given_name,surname,email,date_of_birth\n" + rows).report
    #expect(report.contains("\"threshold\": 0"))
    #expect(report.contains("\"expected_precision\": 0.9") || report.contains("\"expected_precision\": 1"))
  }

  @Test func `rules name other columns`() throws {
    let text = "nr,Vorname,Name,Mail\n" + "b,Walter,Brandt,w@example.org\n" + "a,Walter,Brandt,w@example.org\n"
    let rules = #"{"columns": {"record_id": "nr", "given_name": "Vorname", "surname": "Name", "email": "Mail"}}"#
    #expect(try match(text, rules: rules).clusters == ["record_id,cluster_id", "b,a", "a,a"])
    let strict =
      #"{"threshold": 90, "columns": {"record_id": "nr", "given_name": "Vorname", "surname": "Name", "email": "Mail"}}"#
    #expect(try match(text, rules: strict).clusters == ["record_id,cluster_id", "b,b", "a,a"])
  }

  @Test func `a file without rows gives headers`() throws {
    let (clusters, golden, report) = try match("record_id,surname\n")
    #expect(clusters == ["record_id,cluster_id"])
    #expect(golden.count == 1)
    #expect(report.contains("\"clusters\": 0"))
  }

  @Test(arguments: [
    ("", 1, 1), ("nr,surname\n1,a\n", 1, 1), ("record_id,colour\n1,a\n", 1, 1), ("record_id,surname\n1,a\n1,b\n", 3, 1),
    ("surname,record_id\na,\n", 2, 3), ("record_id,surname\n1,a,b\n", 2, 5), ("record_id,surname\n1,\"a\n", 2, 3),
  ]) func `bad input is named by file, line and column`(_ text: String, _ line: Int, _ column: Int) throws {
    try withFolder { folder in
      let path = "\(folder)/in.csv"
      try write(text, to: path)
      let error = #expect(throws: LabError.self) { try MatchLab(records: path, output: "\(folder)/out.csv").run() }
      #expect(error?.message.hasPrefix("\(path):\(line):\(column): ") == true, "\(error?.message ?? "")")
      #expect(error?.exitCode == 2)
    }
  }

  @Test(arguments: [
    ("{", 1, 2), ("[]", 1, 1), ("{\n  \"treshold\": 1}", 2, 3), ("{\"threshold\": \"high\"}", 1, 2),
    ("{\"block_records_max\": 1}", 1, 2), ("{\"columns\": {\"e-mail\": \"x\"}}", 1, 14), ("{\"columns\": 3}", 1, 2),
  ]) func `bad rules are named by file, line and column`(_ rules: String, _ line: Int, _ column: Int) throws {
    try withFolder { folder in
      try write("record_id,surname\n", to: "\(folder)/in.csv")
      try write(rules, to: "\(folder)/rules.json")
      var lab = MatchLab(records: "\(folder)/in.csv", output: "\(folder)/out.csv")
      lab.rules = "\(folder)/rules.json"
      let error = #expect(throws: LabError.self) { try lab.run() }
      #expect(error?.message.hasPrefix("\(folder)/rules.json:\(line):\(column): ") == true, "\(error?.message ?? "")")
    }
  }
}
