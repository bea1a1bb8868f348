import Foundation
import Testing

@testable import Lab

@Suite struct KMeansLabTests {
  @Test func `labels are written row by row`() throws {
    try withFolder { folder in
      try write("name,x,y\na,0,0\nb,0,1\nc,9,9\nd,9,8\n", to: "\(folder)/in.csv")
      let report = try KMeansLab(data: "\(folder)/in.csv", clusterCount: 2, output: "\(folder)/out.csv").run()
      #expect(report.json.contains("\"mean_squared_distance\": 0.25"))
      let lines = try String(contentsOfFile: "\(folder)/out.csv", encoding: .utf8).split(separator: "\n").map(
        String.init)
      #expect(lines.first == "row,centroid_id,distance")
      let ids = lines.dropFirst().map { $0.split(separator: ",")[1] }
      #expect(ids[0] == ids[1] && ids[2] == ids[3] && ids[0] != ids[2])
    }
  }

  @Test(arguments: [
    ("x,y\n1,2\n3,oops\n", 3, 3), ("x,y\n1,2\n3\n", 3, 2), ("x,y\n1,\"2\n", 2, 3), ("", 1, 1),
    ("x,y\n1,1e999\n2,2\n", 2, 3), ("x,y\n1,2\n1e308,3\n", 3, 1), ("x,y,x\n1,2,3\n4,5,6\n", 1, 5),
    ("x,y\n1,Infinity\n2,2\n", 2, 3), ("x,y\n1,2\n2,\0\n", 3, 3),
  ]) func `bad input is named by file, line and column`(_ text: String, _ line: Int, _ column: Int) throws {
    try withFolder { folder in
      let path = "\(folder)/in.csv"
      try write(text, to: path)
      var lab = KMeansLab(data: path, clusterCount: 2, output: "\(folder)/out.csv")
      lab.columns = text.isEmpty ? nil : ["x", "y"]
      let error = #expect(throws: LabError.self) { try lab.run() }
      #expect(error?.message.hasPrefix("\(path):\(line):\(column): ") == true, "\(error?.message ?? "")")
    }
  }

  @Test func `an option out of range is named`() throws {
    let changes: [(name: String, change: (inout KMeansLab) -> Void)] = [
      ("--k", { $0.clusterCount = 1 }), ("--k", { $0.clusterCount = 101 }), ("--init-n", { $0.startCount = 0 }),
      ("--threads", { $0.threads = 0 }), ("--columns", { $0.columns = ["x", "x"] }),
      ("--dims", { ($0.data, $0.dimensions) = ("x.f32", .max) }),
      ("--dims", { ($0.data, $0.dimensions) = ("x.f32", -1) }),
      ("--dims", { ($0.data, $0.dimensions) = ("x.f32", nil) }),
    ]
    try withFolder { folder in
      try write("x,y\n1,2\n3,4\n", to: "\(folder)/in.csv")
      for (name, change) in changes {
        var lab = KMeansLab(data: "\(folder)/in.csv", clusterCount: 2, output: "\(folder)/out.csv")
        change(&lab)
        let changed = lab
        let error = #expect(throws: LabError.self) { try changed.run() }
        #expect(error?.message.hasPrefix(name + " ") == true, "\(error?.message ?? "")")
      }
    }
  }

  @Test func `missing values are counted`() throws {
    try withFolder { folder in
      try write("x,y\n1,2\n3,\n,4\n5,\n", to: "\(folder)/in.csv")
      let report = try KMeansLab(data: "\(folder)/in.csv", clusterCount: 2, output: "\(folder)/out.csv").run()
      #expect(report.json.contains("\"imputed\": 3"), "\(report.json)")
    }
  }

  @Test func `a missing file and a missing column are told`() throws {
    try withFolder { folder in
      #expect(throws: LabError.self) {
        try KMeansLab(data: "\(folder)/none.csv", clusterCount: 2, output: "\(folder)/out.csv").run()
      }
      try write("x\n1\n2\n", to: "\(folder)/in.csv")
      var lab = KMeansLab(data: "\(folder)/in.csv", clusterCount: 2, output: "\(folder)/out.csv")
      lab.columns = ["z"]
      let error = #expect(throws: LabError.self) { try lab.run() }
      #expect(error?.message.contains("no column z") == true)
    }
  }

  @Test func `float32 files of half a row are refused`() throws {
    try withFolder { folder in
      let path = "\(folder)/in.f32"
      try Data([UInt8](repeating: 0, count: 12)).write(to: URL(fileURLWithPath: path))
      var lab = KMeansLab(data: path, clusterCount: 2, output: "\(folder)/out.csv")
      lab.dimensions = 2
      #expect(throws: LabError.self) { try lab.run() }
      lab.dimensions = 1
      _ = try lab.run()
    }
  }
}
