import ArgumentParser
import BSON
import MongoDB
import Projection
import Store

/// `customer360 profile`: what the data of each source are like.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Say of each source and field how complete, valid and distinct it is, and where sources conflict.",
    discussion: """
      Looks at every customer record once, beside a running service too. Prints one JSON object: completeness, validity,
      distinct values (about), the most frequent ones, and how often a source contradicts the others about one customer.

      EXAMPLES
        customer360 profile
        customer360 profile > profile.json
      """)

  @OptionGroup var database: DatabaseOptions

  func run() throws {
    try database.withStore { store in
      let line = ProgressLine()
      let report = try ProfileRun(store: store).run(deadline: .after(milliseconds: 24 * 3_600_000)) { done, count in
        line.show("\(done) of \(count) customers")
      }
      line.clear()
      var json: [UInt8] = []
      JSONEncoding.append(report, to: &json)
      json.append(UInt8(ascii: "\n"))
      StandardOutput.write(String(decoding: json, as: UTF8.self))
    }
  }
}
