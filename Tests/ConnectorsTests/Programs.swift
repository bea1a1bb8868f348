import Foundation
import MongoTesting

/// Programs of Debian that tests run against.
enum Programs {
  static func find(_ paths: [String]) -> String? { paths.first { FileManager.default.isExecutableFile(atPath: $0) } }

  /// Runs a program to its end; throws unless it ends well.
  @discardableResult
  static func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw ProgramFailed(text: "\(program) \(arguments): \(text)") }
    return text
  }

  /// Starts a server that is stopped when the tests end. It inherits the blocked signals of the thread that starts it; a server
  /// that does not unblock them itself hears SIGKILL only.
  static func start(_ program: String, _ arguments: [String], log: String, signal: Int32) throws {
    let process = Process()
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    let output = FileHandle(forWritingAtPath: log)
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let pid = process.processIdentifier
    TestFolder.atExit {
      kill(pid, signal)
      // The server gets a moment to go down in order before its folder goes.
      usleep(300_000)
    }
  }

  /// A port of loopback that nobody listens on now.
  static func freePort() -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The address has the size that is told.
    unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = unsafe bind(descriptor, $0, length)
        _ = unsafe getsockname(descriptor, $0, &length)
      }
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

struct ProgramFailed: Error { let text: String }
