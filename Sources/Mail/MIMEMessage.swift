import CMail

/// A message taken apart by libgmime; owned by one value, used on one thread at a time.
// Safe: the handle never leaves, and the value that owns it is the only one that frees it.
@safe struct MIMEMessage: ~Copyable {
  /// A part, in the order of the message. A multipart stands before its children, which are one deeper.
  struct Part {
    enum Kind { case leaf, multipart, message }
    var kind: Kind
    var depth: Int
    /// Lower case: "text/plain".
    var type: String
    var charset: String?
    var isFlowed: Bool
    /// RFC 3676: the space at the end of a flowed line is not part of the text.
    var deletesSpace: Bool
    var start: String?
    var contentID: String?
    var isAttachment: Bool
    var hasFileName: Bool
  }

  // A handle of libgmime: freed once, in deinit.
  private let handle: OpaquePointer
  let parts: [Part]

  init(parsing bytes: [UInt8]) throws(MailError) {
    guard bytes.count <= MailLimits.messageBytesMax else { throw .messageTooLong }
    guard !AddressFields.nestTooDeeply(in: bytes) else { throw .tooManyParts }
    var parsed = try unsafe Self.parse(bytes)
    if unsafe parsed == nil { unsafe parsed = try Self.parse(Self.withHeaderEnded(bytes)) }
    guard let handle = unsafe parsed else { throw .notAMessage }
    unsafe self.handle = handle
    unsafe parts = Self.readParts(handle)
  }

  // The handle is this value's own.
  deinit { unsafe c360_mail_free(handle) }

  /// The decoded value of the first header of a name, without white space around it; nil if there is none or it is empty.
  borrowing func header(_ name: String) -> String? {
    // The string lives as long as the message; it is copied.
    let value = unsafe c360_mail_header(handle, name).map { unsafe String(cString: $0) }
    guard let trimmed = value?.trimmed, !trimmed.isEmpty else { return nil }
    return trimmed
  }

  /// Seconds since 1970 of the Date header; without one, of the latest Received header.
  borrowing func date() -> Int64? {
    var seconds: Int64 = 0
    // Writes one integer.
    return unsafe c360_mail_date(handle, &seconds) ? seconds : nil
  }

  /// The first mailbox of an address header.
  borrowing func firstAddress(_ header: String) -> MailAddress? {
    var found = unsafe c360_mail_address()
    // The strings live as long as the message; they are copied.
    guard unsafe c360_mail_first_address(handle, header, &found), let address = unsafe found.address else { return nil }
    return MailAddress(
      name: unsafe found.name.map { unsafe String(cString: $0).trimmed },
      address: unsafe String(cString: address).trimmed)
  }

  /// The content of a leaf with its transfer encoding undone, at most `countMax` bytes.
  borrowing func content(of part: Int, countMax: Int) throws(MailError) -> [UInt8] {
    var content = unsafe c360_mail_bytes()
    // Fills `content`, which `copied` frees.
    let status = unsafe c360_mail_content(handle, part, countMax, &content)
    if status == C360_MAIL_TOO_LONG { throw .textTooLong }
    return unsafe content.takeBytes()
  }

  private static func parse(_ bytes: [UInt8]) throws(MailError) -> OpaquePointer? {
    var status = C360_MAIL_OK
    // The bytes are read within their bounds and copied.
    let handle = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe c360_mail_parse(
        buffer.baseAddress, buffer.count, MailLimits.partsMax, UInt32(MailLimits.depthMax), &status)
    }
    if status == C360_MAIL_TOO_MANY_PARTS { throw .tooManyParts }
    return unsafe handle
  }

  /// The bytes with a blank line before the first line of the header that is no field: libgmime gives up on such a header,
  /// other readers take what follows for the body.
  private static func withHeaderEnded(_ bytes: [UInt8]) -> [UInt8] {
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.count
      let line = bytes[start..<end]
      let isContinuation = line.first == 0x20 || line.first == 0x09
      if start > 0, !isContinuation, !Self.isField(line) { return bytes[..<start] + [0x0A] + bytes[start...] }
      start = end
    }
    return bytes
  }

  /// Whether a line is a header field (RFC 5322 §2.2), or its beginning.
  static func isField(_ line: ArraySlice<UInt8>) -> Bool {
    let name = line.prefix { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
        || byte == 0x2E
    }
    let rest = line.dropFirst(name.count).drop { $0 == 0x20 || $0 == 0x09 }
    return !name.isEmpty && rest.first == 0x3A
  }

  private static func readParts(_ handle: OpaquePointer) -> [Part] {
    var first: UnsafePointer<c360_mail_part>?
    // The array lives as long as the message; every string is copied.
    let count = unsafe c360_mail_parts(handle, &first)
    return unsafe UnsafeBufferPointer(start: first, count: count).map { part in
      func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        // A string of C that lives as long as the message.
        unsafe pointer.map { unsafe String(cString: $0) }
      }
      let type = unsafe text(part.type) ?? "text"
      let subtype = unsafe text(part.subtype) ?? "plain"
      let kind: Part.Kind =
        switch unsafe part.kind {
        case C360_MAIL_MULTIPART: .multipart
        case C360_MAIL_MESSAGE: .message
        default: .leaf
        }
      return Part(
        kind: kind, depth: unsafe Int(part.depth), type: "\(type)/\(subtype)".lowercased(),
        charset: unsafe text(part.charset), isFlowed: unsafe text(part.format)?.lowercased() == "flowed",
        deletesSpace: unsafe text(part.delsp)?.lowercased() == "yes", start: unsafe text(part.start),
        contentID: unsafe text(part.content_id),
        isAttachment: unsafe text(part.disposition)?.lowercased() == "attachment",
        hasFileName: unsafe part.file_name != nil)
    }
  }
}

extension c360_mail_bytes {
  /// The bytes as an array; what C allocated is freed.
  mutating func takeBytes() -> [UInt8] {
    // `count` bytes of malloc, or none.
    let copy = unsafe bytes.map { unsafe [UInt8](UnsafeBufferPointer(start: $0, count: count)) } ?? []
    unsafe c360_mail_bytes_free(&self)
    return copy
  }
}
