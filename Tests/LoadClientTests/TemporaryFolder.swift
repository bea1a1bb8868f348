import Glibc
import Testing

@testable import LoadClient

/// A folder that goes away with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/load-client-XXXXXX".utf8CString)
    // mkdtemp() writes over the six X in place and returns the same pointer.
    path = try unsafe String(cString: #require(unsafe mkdtemp(&template)))
  }

  deinit {
    // The paths are Swift strings, passed as C strings for the length of each call.
    for name in names { unsafe unlink("\(path)/\(name)") }
    unsafe rmdir(path)
  }

  /// Writes a file and returns its path.
  func file(_ name: String, _ text: String) throws -> String { try file(name, Array(text.utf8)) }

  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    try OutputFile(creating: "\(path)/\(name)").write(bytes)
    return "\(path)/\(name)"
  }

  func text(of name: String) throws -> String {
    var stream = try ByteStream("\(path)/\(name)")
    var bytes: [UInt8] = []
    while true {
      let chunk = try stream.next()
      if chunk.isEmpty { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk
    }
  }

  /// The files in the folder.
  var names: [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    // The entry lives until the next call of readdir(); its name is copied at once.
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
