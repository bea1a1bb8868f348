import Glibc

/// Where the mongod program is.
public enum MongodLocation {
  /// The first mongod of: the folder named by the environment variable `CUSTOMER360_TOOLS`; the folders of `PATH`; `.tools`
  /// beside or above the executable; `.tools` in or above the current folder.
  public static func find() throws(MongoError) -> String {
    var searched: [String] = []
    for folder in candidates() where !searched.contains(folder) {
      let path = folder + "/mongod"
      // The path lives for the call.
      if unsafe access(path, X_OK) == 0 { return path }
      searched.append(folder)
    }
    throw .privateServer(.notFound(searched: searched))
  }

  private static func candidates() -> [String] {
    var folders: [String] = []
    if let tools = environment("CUSTOMER360_TOOLS") { folders.append(tools) }
    folders += (environment("PATH") ?? "").split(separator: ":").map(String.init)
    for start in [executableFolder(), currentFolder()].compactMap({ $0 }) {
      var parts = start.split(separator: "/")
      while true {
        folders.append("/" + (parts + [".tools"]).joined(separator: "/"))
        if parts.isEmpty { break }
        parts.removeLast()
      }
    }
    return folders
  }

  private static func environment(_ name: String) -> String? {
    // Read once while starting; the text is copied at once.
    guard let value = unsafe getenv(name), unsafe value.pointee != 0 else { return nil }
    return unsafe String(cString: value)
  }

  private static func executableFolder() -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    // readlink writes at most the count it is given.
    let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
    guard length > 0 else { return nil }
    let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.lastIndex(of: "/").map { String(path[..<$0]) }
  }

  private static func currentFolder() -> String? {
    // getcwd allocates when given nil; freed below.
    guard let path = unsafe getcwd(nil, 0) else { return nil }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }
}
