import ArgumentParser
import Dispatch
import Glibc
import LoadClient
import SampleRetailer

/// `customer360 sample`: writes the files of a made-up shop.
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract:
      "Write the data of a made-up shop: customers, products, orders, events, ratings, and the truth behind them.",
    discussion: """
      The same seed, scale, day and currency give the same bytes. Memory does not depend on the scale.
      Load the files with 'customer360 load --kind customers FOLDER/customers.ndjson' and so on.
      """)

  @Argument(help: "Folder for the files; made when it is missing.")
  var folder: String

  @Option(help: "Seed of all randomness.")
  var seed: UInt64 = 360

  @Option(help: "1 is 2,000 people, 20,000 orders and 150,000 events; steps of 0.01.")
  var scale: Double = 1

  @Option(help: "The UTC day that the data end before, yyyy-MM-dd, or 'today'.")
  var now: String = "2026-11-01"

  @Option(help: "ISO 4217 code of all prices.")
  var currency: String = "USD"

  @Flag(help: "Pack each file with gzip and add .gz to its name.")
  var gzip = false

  func validate() throws {
    guard scale.isFinite, scale > 0, scale <= 10_000 else {
      throw ValidationError("--scale must be above 0, up to 10000")
    }
    guard nowSeconds != nil else { throw ValidationError("--now must be yyyy-MM-dd or 'today'") }
    let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
    guard currency.utf8.count == 3, currency.utf8.allSatisfy(letters.contains) else {
      throw ValidationError("--currency must be three capital letters")
    }
  }

  func run() throws {
    let shop = SampleRetailer(
      seed: seed, scale: scale, nowSeconds: nowSeconds ?? SampleRetailer.defaultNowSeconds, currency: currency)
    do {
      try makeFolder(folder)
      for file in SampleFile.allCases {
        let path = "\(folder)/\(file.fileName)\(gzip ? ".gz" : "")"
        let started = DispatchTime.now().uptimeNanoseconds
        let tally = try write(file, of: shop, to: path)
        let milliseconds = (DispatchTime.now().uptimeNanoseconds - started) / 1_000_000
        let events = tally.items == tally.rows ? "" : ", \(tally.items) events"
        print("\(path): \(tally.rows) rows\(events), \(tally.bytes) bytes, \(milliseconds) ms")
      }
    } catch {
      throw ValidationError("cannot \(error.call): \(error.reason)")
    }
  }

  private func write(_ file: SampleFile, of shop: SampleRetailer, to path: String) throws(SystemError) -> SampleTally {
    let output = try OutputFile(creating: path)
    guard gzip else { return try shop.write(file) { (chunk) throws(SystemError) in try output.write(chunk) } }
    var encoder = GzipEncoder()
    let tally = try shop.write(file) { (chunk) throws(SystemError) in
      try encoder.write(chunk) { (packed) throws(SystemError) in try output.write(packed) }
    }
    try encoder.write([], finish: true) { (packed) throws(SystemError) in try output.write(packed) }
    return tally
  }

  private func makeFolder(_ path: String) throws(SystemError) {
    // The path is a Swift string, passed as a C string for the length of the call.
    if unsafe mkdir(path, 0o755) != 0, errno != EEXIST { throw SystemError(call: "make folder \(path)", number: errno) }
  }

  /// Seconds since 1970-01-01 of `--now`, nil when it is not a day.
  private var nowSeconds: Int? {
    if now == "today" { return time(nil) }
    let parts = now.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
    guard parts.count == 3, (1980...2200).contains(parts[0]) else { return nil }
    return SampleRetailer.seconds(year: parts[0], month: parts[1], day: parts[2])
  }
}
