import BSON

/// Where the reading of a file stands: everything before `offset` is stored.
public struct FilePosition: Sendable, Equatable {
  /// The file's number on its disk: a file that was renamed is still known.
  var device: Int
  var inode: Int
  /// Bytes that are stored, up to the end of a record.
  var offset: Int
  /// Lines before it.
  var line: Int
  /// The file's first bytes, at most 64, as a checksum and their number: another content under the name begins anew.
  var head: Int
  var headBytes: Int
  /// A packed file or an array is read as a whole: it is done at this size and time of change.
  var wholeSize: Int?
  var wholeChanged: Int?

  static let headBytesMax = 64

  init(device: Int, inode: Int) {
    (self.device, self.inode, offset, line, head, headBytes) = (device, inode, 0, 0, 0, 0)
  }

  /// A position as it was stored; nil when it is none.
  public init?(_ document: BSONDocument) {
    guard let device = document.int("device"), let inode = document.int("inode"), let offset = document.int("offset"),
      let line = document.int("line"), let head = document.int("head"), let headBytes = document.int("headBytes")
    else { return nil }
    self.init(device: device, inode: inode)
    (self.offset, self.line, self.head, self.headBytes) = (offset, line, head, headBytes)
    wholeSize = document.int("wholeSize")
    wholeChanged = document.int("wholeChanged")
  }

  /// The position to be stored.
  public var document: BSONDocument {
    BSONDocument { writer in
      writer.append("device", Int64(device))
      writer.append("inode", Int64(inode))
      writer.append("offset", Int64(offset))
      writer.append("line", Int64(line))
      writer.append("head", Int64(head))
      writer.append("headBytes", Int64(headBytes))
      if let wholeSize { writer.append("wholeSize", Int64(wholeSize)) }
      if let wholeChanged { writer.append("wholeChanged", Int64(wholeChanged)) }
    }
  }

  /// FNV-1a, 32 bits: enough to notice that a file was replaced.
  static func checksum(_ bytes: some Sequence<UInt8>) -> Int {
    Int(bytes.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 })
  }
}

/// The positions of all files that are followed, by path.
public struct FilePositions: Sendable, Equatable {
  var files: [String: FilePosition] = [:]

  /// Nothing was read yet.
  public init() {}

  /// `{files: [{path, …}]}`.
  public init(_ document: BSONDocument) {
    let stored = document.array("files")?.compactMap(\.documentValue) ?? []
    for file in stored {
      guard let path = file.string("path"), let position = FilePosition(file) else {
        continue
      }
      files[path] = position
    }
  }

  /// The positions to be stored.
  public var document: BSONDocument {
    BSONDocument { writer in
      writer.append(
        "files",
        files.sorted { $0.key < $1.key }.map { path, position in
          BSONDocument {
            $0.append("path", path)
            $0.append(contentsOf: position.document)
          }
        })
    }
  }
}
