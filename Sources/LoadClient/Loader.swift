import COpenSSL
import Dispatch

/// Loads files into the service. Blocks its caller's thread; see LoadClient.md for the others.
public struct Loader: Sendable {
  /// What happens while files are loaded.
  public enum Event: Sendable {
    /// About five times a second.
    case progress(LoadProgress)
    /// A file is through, or as far as it will come.
    case finished(path: String, LoadSummary, rejectsPath: String)
  }

  private let options: LoadOptions

  /// A loader with options that make sense.
  public init(_ options: LoadOptions) throws(LoadError) {
    try options.validate()
    self.options = options
  }

  /// Loads files one after the other; `-` is standard input. Ends at the first file that cannot be loaded, with what was
  /// stored until then.
  public func load(_ paths: [String], _ report: (Event) -> Void) -> (summary: LoadSummary, failure: LoadError?) {
    var total = LoadSummary()
    do throws(LoadError) {
      var common: RejectsFile?
      if let path = options.rejectsPath {
        if paths.contains(path) { throw .usage("the rejected lines would overwrite \(path)") }
        common = try RejectsFile(path: path)
      }
      for path in paths {
        var summary = LoadSummary()
        defer { total.add(summary) }
        if common != nil {
          try load(path, rejectsPath: options.rejectsPath ?? "", &common, &summary, report)
        } else {
          let rejectsPath = RejectsFile.defaultPath(for: path)
          var own: RejectsFile? = try RejectsFile(path: rejectsPath)
          try load(path, rejectsPath: rejectsPath, &own, &summary, report)
        }
      }
      return (total, nil)
    } catch {
      return (total, error)
    }
  }

  private func load(
    _ path: String, rejectsPath: String, _ rejects: inout RejectsFile?, _ summary: inout LoadSummary,
    _ report: (Event) -> Void
  ) throws(LoadError) {
    let dispatcher = Dispatcher(window: options.connections * 2)
    var threads = Threads()
    for _ in 0..<options.connections {
      threads.start { [options] in sendBatches(of: dispatcher, options) }
    }
    let started = DispatchTime.now().uptimeNanoseconds
    var feeding = Feeding(path: path, options: options, dispatcher: dispatcher, started: started)
    let failure: LoadError?
    do throws(LoadError) {
      try feeding.run(&rejects, report)
      failure = nil
    } catch {
      failure = error
      dispatcher.fail(error)
    }
    dispatcher.close(senders: options.connections)
    threads.join()
    summary = feeding.summary
    if failure == nil || summary.rows > 0 {
      report(.finished(path: path, summary, rejectsPath: rejectsPath))
    }
    if let failure { throw failure }
  }
}

/// The life of a sending thread.
private func sendBatches(of dispatcher: Dispatcher, _ options: LoadOptions) {
  do throws(LoadError) {
    var sender = try BatchSender(name: randomName(), options: options, dispatcher: dispatcher)
    while let batch = dispatcher.take() { dispatcher.complete(batch.number, try sender.send(batch)) }
  } catch {
    dispatcher.fail(error)
  }
}

/// Sixteen random hexadecimal digits.
func randomName() -> String {
  var bytes = [UInt8](repeating: 0, count: 8)
  // The buffer has the eight bytes that are asked for. Should the generator fail, the name only needs to be rare.
  let isRandom = unsafe bytes.withUnsafeMutableBytes { buffer in
    unsafe c360_random(buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), buffer.count)
  }
  if isRandom != 1 { for index in bytes.indices { bytes[index] = .random(in: 0...255) } }
  return hexadecimal(bytes[...])
}
