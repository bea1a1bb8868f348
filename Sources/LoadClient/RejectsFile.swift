import BSON
import Glibc

/// Where rejected lines are written down: one JSON object a line, with the line as it stood in the file. The file is made with
/// the first of them; one of an earlier run is removed.
struct RejectsFile: ~Copyable {
  let path: String
  private var output: OutputFile?

  private let keepsOld: Bool

  /// `keepsOld` adds to the lines of earlier runs.
  init(path: String, keepsOld: Bool = false) throws(LoadError) {
    self.path = path
    self.keepsOld = keepsOld
    if keepsOld { return }
    // The path is a Swift string, passed as a C string for the length of the call.
    if unsafe unlink(path) != 0, errno != ENOENT {
      throw .rejectsNotWritable(path: path, reason: SystemError(call: "", number: errno).reason)
    }
  }

  /// The default place for the rejects of a file.
  static func defaultPath(for file: String) -> String { "\(file == "-" ? "stdin" : file).rejected.ndjson" }

  /// Writes some lines down.
  mutating func append(_ lines: [RejectedLine], file: String) throws(LoadError) {
    guard !lines.isEmpty else { return }
    var text: [UInt8] = []
    for line in lines {
      text += "{\"file\":".utf8
      JSONEncoding.append(string: file, to: &text)
      text += ",\"line\":\(line.line),\"code\":".utf8
      JSONEncoding.append(string: line.code, to: &text)
      text += ",\"field\":".utf8
      if let field = line.field { JSONEncoding.append(string: field, to: &text) } else { text += "null".utf8 }
      text += ",\"reason\":".utf8
      JSONEncoding.append(string: line.reason, to: &text)
      text += ",\"original\":".utf8
      // Bytes that are not UTF-8 become U+FFFD: JSON holds nothing else.
      JSONEncoding.append(string: String(decoding: line.original, as: UTF8.self), to: &text)
      text += "}\n".utf8
    }
    do throws(SystemError) {
      if output == nil { output = try OutputFile(creating: path, appending: keepsOld) }
      try output?.write(text)
    } catch {
      throw .rejectsNotWritable(path: path, reason: error.reason)
    }
  }
}
