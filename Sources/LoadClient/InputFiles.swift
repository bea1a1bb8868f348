import Glibc

/// The files that paths stand for: a folder stands for the data files right inside it, in the order of their names.
public enum InputFiles {
  private static let endings = [".csv", ".ndjson", ".jsonl", ".json"]

  /// Puts the files of a folder in its place. Files that are no data (other endings, rejected lines of an earlier run) are
  /// left out.
  public static func expanding(_ paths: [String]) throws(LoadError) -> [String] {
    var files: [String] = []
    for path in paths {
      guard let names = names(in: path) else {
        files.append(path)
        continue
      }
      let data = names.filter(isData).sorted()
      guard !data.isEmpty else { throw .badFile(path: path, reason: "a folder without CSV, NDJSON or JSON files") }
      files += data.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }
    return files
  }

  /// The same where a folder may still be empty and a file may still come: what is not there is left out.
  static func present(_ paths: [String]) throws(LoadError) -> [String] {
    var files: [String] = []
    for path in paths {
      if let names = names(in: path) {
        files += names.filter(isData).sorted().map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
      } else if FileStatus(path) != nil {
        files.append(path)
      }
    }
    return files
  }

  private static func isData(_ name: String) -> Bool {
    let plain = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
    return !name.hasPrefix(".") && !plain.hasSuffix(".rejected.ndjson") && endings.contains(where: plain.hasSuffix)
  }

  /// What a folder holds; nil when the path is none, or cannot be read: opening it as a file will tell.
  private static func names(in path: String) -> [String]? {
    // The path is a Swift string, passed as a C string for the length of the call.
    guard let folder = unsafe opendir(path) else { return nil }
    // The stream is closed here and nowhere else.
    defer { unsafe closedir(folder) }
    var names: [String] = []
    // An entry lives until the next call of readdir(); its name ends with NUL and is copied at once.
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      names.append(name)
    }
    return names
  }
}
