import BSON
import Dispatch
import Glibc

/// Loads files and folders and goes on with what is added to them or appears: `load --watch`. What is stored is remembered in a file
/// of positions, so that a restart reads nothing twice. Blocks its caller's thread; one batch is in flight at a time.
public struct Watcher: Sendable {
  private let options: LoadOptions
  private let paths: [String]
  private let positionsPath: String
  private let settleMs: Int

  /// How often files are looked at.
  private static let lookMs = 500

  /// A watcher.
  /// - Parameters:
  ///   - positionsPath: where the positions are kept; nil is a hidden file beside the first path, or inside it if it is a folder.
  ///   - settleSeconds: after how long without a change a last line without an end is whole.
  public init(
    _ paths: [String], _ options: LoadOptions, positionsPath: String?, settleSeconds: Int
  ) throws(LoadError) {
    try options.validate()
    guard let first = paths.first, !paths.contains("-") else { throw .usage("name files or folders to watch, not '-'") }
    self.paths = paths
    self.options = options
    self.positionsPath = positionsPath ?? Self.usualPath(for: first, options.kind)
    settleMs = settleSeconds * 1_000
  }

  /// Watches until `isStopping`, which is asked between batches and looks. `report` is called with the sums of this run when they
  /// have changed, and with files that cannot be read.
  public func run(
    isStopping: () -> Bool, report: (LoadSummary, LoadError?) -> Void
  ) throws(LoadError) -> LoadSummary {
    let dispatcher = Dispatcher(window: 1)
    var sender = try BatchSender(name: randomName(), options: options, dispatcher: dispatcher)
    var follower = try newFollower()
    var summary = LoadSummary()
    let started = DispatchTime.now().uptimeNanoseconds
    while !isStopping() {
      let now = DispatchTime.now().uptimeNanoseconds
      guard let piece = try follower.next(nowMs: Int(now / 1_000_000)) else {
        for problem in follower.problems { report(summary, problem) }
        // Nothing is new: files are looked at again after a moment.
        dispatcher.sleep(milliseconds: Self.lookMs)
        continue
      }
      let outcome: BatchOutcome
      do throws(LoadError) {
        outcome = try sender.send(piece.batch)
      } catch .unreachable(let url, let reason) {
        // The piece is read again from the stored place.
        report(summary, .unreachable(url: url, reason: reason))
        follower = try newFollower()
        continue
      }
      var rejects = try RejectsFile(
        path: options.rejectsPath ?? RejectsFile.defaultPath(for: piece.path), keepsOld: true)
      try rejects.append(outcome.rejected, file: piece.path)
      try store(piece.positions)
      summary.accepted += outcome.accepted
      summary.duplicates += outcome.duplicates
      summary.rejected += outcome.rejected.count
      summary.milliseconds = Int((DispatchTime.now().uptimeNanoseconds - started) / 1_000_000)
      report(summary, nil)
    }
    return summary
  }

  private func newFollower() throws(LoadError) -> FileFollower {
    FileFollower(
      paths: paths, kind: options.kind, mapping: options.mapping, settleMs: settleMs, positions: try storedPositions(),
      itemsMax: options.batchItemsMax, bytesMax: options.batchBytesMax)
  }

  private static func usualPath(for path: String, _ kind: LoadKind) -> String {
    var status = stat()
    // The structure is ours and outlives the call; the path is read during it.
    let isFolder = unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let folder = isFolder ? path + "/" : parts.dropLast().map { $0 + "/" }.joined()
    return folder + ".\(isFolder ? "" : "\(parts.last ?? "").")\(kind.rawValue).positions.json"
  }

  private func storedPositions() throws(LoadError) -> FilePositions {
    guard FileStatus(positionsPath) != nil else { return FilePositions() }
    var input = try InputFile(positionsPath)
    var json: [UInt8] = []
    while true {
      let chunk = try input.read()
      if chunk.isEmpty { break }
      json += chunk
    }
    do throws(JSONError) {
      return FilePositions(try JSONDecoding.document(from: json.span))
    } catch {
      throw .badFile(path: positionsPath, reason: "these are no positions: remove it to read everything again")
    }
  }

  /// Beside the old ones first, then in their place: whoever reads finds the one or the other.
  private func store(_ positions: FilePositions) throws(LoadError) {
    var json: [UInt8] = []
    JSONEncoding.append(positions.document, to: &json)
    let new = positionsPath + ".new"
    do throws(SystemError) {
      let file = try OutputFile(creating: new)
      try file.write(json)
      try file.synchronize()
    } catch {
      throw .badFile(path: new, reason: error.reason)
    }
    // Both paths are read during the call.
    guard unsafe rename(new, positionsPath) == 0 else {
      throw .badFile(path: positionsPath, reason: SystemError(call: "rename", number: errno).reason)
    }
  }
}
