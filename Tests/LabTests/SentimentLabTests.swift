import Foundation
import Testing

@testable import Lab

@Suite struct SentimentLabTests {
  private func rows(_ path: String) throws -> [[String]] {
    try lines(path).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
  }

  @Test func `texts are scored in their order, columns in any order, an empty text 0 and 0`() throws {
    try withFolder { folder in
      try write(
        "text,n,id\n\"I love it, it is great.\",1,a\n,2,b\n\"Terrible, it broke.<br />I hate it!\",3,c\n",
        to: "\(folder)/in.csv")
      let report = try SentimentLab(texts: "\(folder)/in.csv", output: "\(folder)/out.csv").run()
      #expect(report.json.contains("\"texts\": 3, \"sentences\": 3"))
      let rows = try rows("\(folder)/out.csv")
      #expect(rows.map { $0[0] } == ["id", "a", "b", "c"] && rows[0] == ["id", "score", "magnitude"])
      #expect(try #require(Double(rows[1][1])) > 0.2 && #require(Double(rows[3][1])) < -0.2)
      #expect(Double(rows[2][1]) == 0 && Double(rows[2][2]) == 0)
    }
  }

  @Test func `a trained model is read back and used`() throws {
    try withFolder { folder in
      let texts = (0..<20).map { "\($0 % 2 == 0 ? "wunderbar" : "furchtbar") thing,\($0 % 2 == 0 ? 0.8 : -0.8)" }
      try write("text,score\n" + texts.joined(separator: "\n") + "\n", to: "\(folder)/train.csv")
      try write("good\t1.9\t0.9\nbad\t-2.5\t0.6\n", to: "\(folder)/lexicon.txt")
      var training = SentimentTrainingLab(scores: ["\(folder)/train.csv"], reviews: [], output: "\(folder)/model")
      training.lexicons = ["\(folder)/lexicon.txt"]
      _ = try training.run()
      try write("id,text\n1,wunderbar\n2,furchtbar\n", to: "\(folder)/in.csv")
      var lab = SentimentLab(texts: "\(folder)/in.csv", output: "\(folder)/out.csv")
      lab.model = "\(folder)/model"
      _ = try lab.run()
      let rows = try rows("\(folder)/out.csv")
      #expect(try #require(Double(rows[1][1])) > 0.2 && #require(Double(rows[2][1])) < -0.2)
    }
  }

  @Test func `a command that fails leaves what was there before`() throws {
    try withFolder { folder in
      let (input, output) = ("\(folder)/in.csv", "\(folder)/out.csv")
      try write("id,text\n1,good\n", to: input)
      _ = try SentimentLab(texts: input, output: output).run()
      let before = try lines(output)
      #expect(before.count == 2)
      try write("id,text\n1,bad\n2\n", to: input)
      #expect(throws: LabError.self) { try SentimentLab(texts: input, output: output).run() }
      #expect(try lines(output) == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["in.csv", "out.csv"])
      // What is no file is written to as it is.
      try write("id,text\n1,good\n", to: input)
      _ = try SentimentLab(texts: input, output: "/dev/null").run()
    }
  }

  @Test func `what is wrong is told with its place`() throws {
    try withFolder { folder in
      try write("id,text\n1,\"open\n", to: "\(folder)/in.csv")
      let broken = #expect(throws: LabError.self) {
        try SentimentLab(texts: "\(folder)/in.csv", output: "\(folder)/out.csv").run()
      }
      #expect(broken?.message.contains("in.csv:2:") == true && broken?.exitCode == 2)
      try write("text,score\nfine,much\n", to: "\(folder)/train.csv")
      let training = #expect(throws: LabError.self) {
        try SentimentTrainingLab(scores: ["\(folder)/train.csv"], reviews: [], output: "\(folder)/model").run()
      }
      #expect(training?.message.contains("train.csv:2:6: score") == true)
      try write("no model", to: "\(folder)/model")
      var lab = SentimentLab(texts: "\(folder)/in.csv", output: "\(folder)/out.csv")
      lab.model = "\(folder)/model"
      #expect(throws: LabError.self) { try lab.run() }
    }
  }
}
