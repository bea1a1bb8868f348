import CMail

/// Bytes of a text part into a string, by the charset that the part declares or by what the bytes look like.
enum Charset {
  /// Names under which mail programs send a superset. Browsers read them so, too (WHATWG Encoding §4.2).
  private static let supersets: [String: String] = [
    "iso-8859-1": "windows-1252", "iso8859-1": "windows-1252", "iso_8859-1": "windows-1252", "latin1": "windows-1252",
    "iso-8859-9": "windows-1254", "iso-8859-11": "windows-874", "tis-620": "windows-874",
    "gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "korean": "cp949",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "big5": "cp950",
    "cp-850": "cp850", "unicode-1-1-utf-7": "utf-7", "x-unicode-2-0-utf-7": "utf-7", "x-mac-roman": "macintosh",
  ]

  /// Names that promise nothing: the bytes decide.
  private static let undeclared: Set<String> = [
    "", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "default", "default_charset", "binary",
    "utf-8", "utf8", "unicode-1-1-utf-8", "x-user-defined",
  ]

  /// The text of a part. A charset that nobody knows, and none, are UTF-8 if the bytes are, else windows-1252.
  static func decode(_ bytes: [UInt8], declared: String?) throws(MailError) -> String {
    let name = (declared ?? "").trimmed.lowercased()
    // UTF-8 under the name of a Western set: hardly any such text is valid UTF-8 by chance.
    let isWestern = name.hasPrefix("iso-8859-1") || name == "windows-1252" || name == "cp1252" || name == "latin1"
    if isWestern, hasMultibyteCharacter(bytes), let text = String(validating: bytes, as: UTF8.self) { return text }
    if !undeclared.contains(name), let text = try convert(bytes, from: supersets[name] ?? name) { return text }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    // A few broken characters in a text that says that it is UTF-8 and has others that are: those are replaced.
    if name == "utf-8" || name == "utf8", hasMultibyteCharacter(bytes) { return String(decoding: bytes, as: UTF8.self) }
    return try convert(bytes, from: "windows-1252") ?? String(decoding: bytes, as: UTF8.self)
  }

  /// The charset that an HTML text names in its first bytes, as `<meta charset=…>` or inside a `content=…`.
  static func named(inHTML bytes: [UInt8]) -> String? {
    let head = bytes.prefix(2048).map { $0 | ((65...90).contains($0) ? 0x20 : 0) }
    let key = Array("charset=".utf8)
    guard head.count > key.count, let meta = head.firstOffset(of: Array("<meta".utf8)),
      let start = head[meta...].firstOffset(of: key)
    else { return nil }
    let quotes: [UInt8] = [0x22, 0x27, 0x20]
    let value = head[(start + key.count)...].drop { quotes.contains($0) }
      .prefix { ($0 > 0x2C && $0 < 0x3A) || $0 == 0x5F || ($0 > 0x60 && $0 < 0x7B) }
    return value.isEmpty ? nil : String(decoding: value, as: UTF8.self)
  }

  private static func convert(_ bytes: [UInt8], from charset: String) throws(MailError) -> String? {
    var text = unsafe c360_mail_bytes()
    // Reads `bytes` within their bounds; fills `text`, which `takeBytes` frees.
    let status = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe c360_mail_decode(charset, buffer.baseAddress, buffer.count, MailLimits.textBytesMax, &text)
    }
    if status == C360_MAIL_TOO_LONG { throw .textTooLong }
    guard status == C360_MAIL_OK else { return nil }
    return String(decoding: unsafe text.takeBytes(), as: UTF8.self)
  }

  /// Whether some character of more than one byte is valid UTF-8.
  private static func hasMultibyteCharacter(_ bytes: [UInt8]) -> Bool {
    bytes.indices.dropLast().contains { (0xC2...0xF4).contains(bytes[$0]) && (0x80...0xBF).contains(bytes[$0 + 1]) }
  }
}

extension RandomAccessCollection where Element == UInt8, Index == Int {
  /// Where bytes begin for the first time.
  func firstOffset(of bytes: [UInt8]) -> Int? {
    guard let head = bytes.first, count >= bytes.count else { return nil }
    var index = startIndex
    let last = endIndex - bytes.count
    while index <= last {
      if self[index] == head, self[index..<(index + bytes.count)].elementsEqual(bytes) { return index }
      index += 1
    }
    return nil
  }
}
