import ArgumentParser
import Projection
import Store

/// `customer360 rebuild`: all customers from the sources.
struct RebuildCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebuild",
    abstract: "Compute all customers from the sources again, to the same bytes.",
    discussion: """
      Readers see the old customers until the new ones take their place. A running service stands back meanwhile and works
      off what arrived afterwards.

      EXAMPLES
        customer360 rebuild
        customer360 rebuild --mongodb-uri 'mongodb://db1,db2,db3/?replicaSet=rs0'
      """)

  @OptionGroup var database: DatabaseOptions

  @Option(help: "Currency of money features, as given to serve.")
  var currency: String?

  func run() throws {
    let currency = self.currency ?? Environment.string(forOption: "currency")
    try database.withStore { store in
      let line = ProgressLine()
      try Rebuild.run(store: store, currency: currency) { line.show("\($0.stage): \($0.done)") }
      // Running services compare segments and recommendations with the new customers.
      try store.registry.requestOutputsCheck(at: WallClock.now(), deadline: .after(milliseconds: 60_000))
      let count = try store.projections.customerCount(deadline: .after(milliseconds: 60_000))
      line.end("rebuilt \(count) customers")
    }
  }
}

/// One line that is written over on a terminal, and repeated at its ends elsewhere.
final class ProgressLine {
  private var isOpen = false

  func show(_ text: String) {
    guard StandardOutput.isTerminal else { return }
    StandardOutput.write("\r\u{1B}[K\(text)")
    isOpen = true
  }

  func clear() {
    if isOpen { StandardOutput.write("\r\u{1B}[K") }
    isOpen = false
  }

  func end(_ text: String) {
    StandardOutput.write((isOpen ? "\r\u{1B}[K" : "") + text + "\n")
    isOpen = false
  }
}
