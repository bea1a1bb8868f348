import CMongoC
import FoundationEssentials
import Glibc
import MongoTesting
import Testing

@testable import MongoDB

@Suite struct ChildTests {
  @Test func `a child dies with the thread that started it, whatever happens to the thread`() throws {
    let folder = TestFolder.make("child")
    // The child's output keeps the pipe open for exactly as long as the child lives.
    var ends: [Int32] = [0, 0]
    try #require(unsafe pipe(&ends) == 0)
    let started = Started(folder: folder, output: ends[1])
    var thread = pthread_t()
    // The object lives to the end of the test, the thread is joined before.
    let box = unsafe Unmanaged.passUnretained(started).toOpaque()
    try #require(unsafe pthread_create(&thread, nil, startSleeping, box) == 0)
    pthread_join(thread, nil)
    #expect(started.pid > 0)
    close(ends[1])
    var byte: UInt8 = 0
    // Returns 0, the end of the file, when the child is gone; it would sleep for an hour.
    #expect(unsafe read(ends[0], &byte, 1) == 0)
    close(ends[0])
    let status = c360_reap(started.pid)
    #expect(status & 0x7F == SIGKILL)
  }

  @Test func `a program that cannot be run is an errno`() {
    let folder = TestFolder.make("no-program")
    let process = Result { () throws(MongoError) in
      try MongodProcess(arguments: ["/no/such/program"], directory: folder, logPath: folder + "/log")
    }
    guard case .success(let process) = process else { return }
    #expect(process.hasEnded(by: .ofTest))
    #expect(process.lastStatus == ENOENT && process.pid == 0)
  }

  @Test func `a child inherits no descriptor and no ignored signal`() throws {
    let folder = TestFolder.make("inherits")
    let before = signal(SIGPIPE, SIG_IGN)
    defer { signal(SIGPIPE, before) }
    let process = try MongodProcess(
      arguments: [
        "/bin/sh", "-c", "ls /proc/self/fd | wc -l; grep SigIgn /proc/self/status; grep SigBlk /proc/self/status",
      ],
      directory: folder, logPath: folder + "/log")
    #expect(process.hasEnded(by: .ofTest))
    #expect(process.lastStatus == 0)
    let lines = try String(contentsOfFile: folder + "/log", encoding: .utf8).split(separator: "\n")
    // Standard input, output and error, and the folder that ls reads.
    #expect(lines.first.map(String.init)?.trimmed == "4")
    let masks = lines.dropFirst().map { UInt64($0.filter(\.isHexDigit).suffix(16), radix: 16) ?? .max }
    // Signals 32 and 33 are the C library's own.
    #expect(masks.count == 2 && masks.allSatisfy { $0 & 0x7FFF_FFFF == 0 })
  }
}

extension String {
  fileprivate var trimmed: String { filter { $0 != " " } }
}

/// What the thread starts, and the pid that it leaves.
private final class Started {
  let folder: String
  let output: Int32
  var pid: Int32 = 0

  init(folder: String, output: Int32) {
    self.folder = folder
    self.output = output
  }
}

private func startSleeping(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let box = unsafe box else { return nil }
  // The test keeps the object alive until it has joined this thread.
  let started = unsafe Unmanaged<Started>.fromOpaque(box).takeUnretainedValue()
  let arguments = unsafe ["/bin/sleep", "3600"].map { (text: String) in unsafe strdup(text) }
  var vector: [UnsafePointer<CChar>?] = unsafe arguments.map { unsafe UnsafePointer($0) }
  unsafe vector.append(nil)
  // The vector is closed by nil; the child copies it when it executes.
  started.pid = unsafe c360_spawn(vector, started.folder, started.output)
  unsafe arguments.forEach { unsafe free($0) }
  return nil
}
