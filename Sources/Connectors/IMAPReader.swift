import CCurl

/// A connection to a mailbox over IMAP by libcurl; owned by one object, used on one thread.
// Safe: the pointers below never leave the class, which alone frees them.
@safe final class IMAPReader {
  /// Where a mailbox is and who asks.
  struct Account: Sendable {
    /// `imaps://host[:port]`, or `imap://host[:port]`, which is upgraded by STARTTLS unless `isPlain`.
    var server: String
    var user: String
    var password: String
    /// `INBOX`, or another mailbox's name.
    var mailbox: String
    /// A PEM file of certificate authorities, where the system's do not do.
    var authorities: String?
    /// Without TLS: for servers on this machine.
    var isPlain: Bool
  }

  /// What a mailbox says of itself (RFC 9051 §2.3.1.1).
  struct Status {
    var uidValidity: UInt32
    var uidNext: UInt32
  }

  private static let connectTimeoutMs = 10_000
  private static let requestTimeoutMs = 120_000

  private let handle: UnsafeMutableRawPointer
  private let answer: UnsafeMutablePointer<c360_answer>
  private let account: Account

  init(_ account: Account, messageBytesMax: Int) throws(PullError) {
    guard curlIsReady, let handle = unsafe curl_easy_init() else { throw .source("libcurl cannot be started") }
    unsafe self.handle = handle
    self.account = account
    unsafe answer = .allocate(capacity: 1)
    unsafe answer.initialize(to: c360_answer())
    unsafe answer.pointee.count_max = messageBytesMax
    // The handle lives until deinit, and libcurl copies the strings. These options fail only where libcurl lacks them.
    unsafe c360_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "imap,imaps")
    unsafe c360_curl_set_text(handle, CURLOPT_USERNAME, account.user)
    unsafe c360_curl_set_text(handle, CURLOPT_PASSWORD, account.password)
    unsafe c360_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
    unsafe c360_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, Self.connectTimeoutMs)
    unsafe c360_curl_set_number(handle, CURLOPT_TIMEOUT_MS, Self.requestTimeoutMs)
    unsafe c360_curl_set_number(handle, CURLOPT_USE_SSL, account.isPlain ? 0 : Self.sslForAll)
    if let authorities = account.authorities { unsafe c360_curl_set_text(handle, CURLOPT_CAINFO, authorities) }
    unsafe c360_curl_set_answer(handle, answer)
  }

  /// CURLUSESSL_ALL.
  private static let sslForAll = 3

  deinit {
    // Both were made by init and belong to this object alone.
    unsafe curl_easy_cleanup(handle)
    unsafe c360_answer_free(answer)
    unsafe answer.deallocate()
  }

  /// UIDVALIDITY and UIDNEXT.
  func status() throws(PullError) -> Status {
    let lines = try ask("", "STATUS \(quotedMailbox) (UIDVALIDITY UIDNEXT)")
    guard let validity = Self.number(after: "UIDVALIDITY", in: lines),
      let next = Self.number(after: "UIDNEXT", in: lines)
    else { throw .source("IMAP: the server tells no UIDVALIDITY of \(account.mailbox)") }
    return Status(uidValidity: validity, uidNext: next)
  }

  /// The messages from a UID on, ascending; with `unseen` those only that nobody has read.
  func messages(from first: UInt32, unseen: Bool = false) throws(PullError) -> [UInt32] {
    let lines = try ask(mailboxPath, "UID SEARCH UID \(first):*\(unseen ? " UNSEEN" : "")")
    // "n:*" always holds the last message, even where its UID is below n.
    return lines.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("* SEARCH") }
      .flatMap { $0.split(separator: " ").compactMap { UInt32($0) } }.filter { $0 >= first }.sorted()
  }

  /// The bytes of a message; nil when it is gone, or longer than the limit.
  func message(_ uid: UInt32) throws(PullError) -> (bytes: [UInt8], isTooLong: Bool)? {
    let code = perform("\(mailboxPath);UID=\(uid)", nil)
    if code == CURLE_WRITE_ERROR { return ([], true) }
    // The server has no such message any more.
    if code == CURLE_QUOTE_ERROR || code == CURLE_REMOTE_FILE_NOT_FOUND { return nil }
    guard code == CURLE_OK else { throw failure(code) }
    return (received, false)
  }

  /// Takes the mark "read", which reading sets, from messages that nobody has read.
  func markUnread(_ messages: [UInt32]) throws(PullError) {
    guard !messages.isEmpty else { return }
    let set = messages.map(String.init).joined(separator: ",")
    _ = try ask(mailboxPath, "UID STORE \(set) -FLAGS.SILENT (\\Seen)")
  }

  private func ask(_ path: String, _ command: String) throws(PullError) -> String {
    let code = perform(path, command)
    guard code == CURLE_OK else { throw failure(code) }
    return String(decoding: received, as: UTF8.self)
  }

  private func perform(_ path: String, _ command: String?) -> CURLcode {
    unsafe answer.pointee.count = 0
    // libcurl copies the strings.
    unsafe c360_curl_set_text(handle, CURLOPT_URL, "\(account.server)/\(path)")
    unsafe c360_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, command)
    return unsafe curl_easy_perform(handle)
  }

  private var received: [UInt8] {
    // The buffer belongs to this object; its bytes are copied before the next request.
    unsafe Array(UnsafeBufferPointer(start: answer.pointee.bytes, count: answer.pointee.count))
  }

  private func failure(_ code: CURLcode) -> PullError {
    // A constant string of libcurl.
    .source("IMAP: \(unsafe String(cString: curl_easy_strerror(code)))")
  }

  private var mailboxPath: String {
    account.mailbox.utf8.map { byte in
      let isPlain =
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
      return isPlain
        ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }

  private var quotedMailbox: String { "\"\(account.mailbox.filter { $0 != "\"" && $0 != "\\" && !$0.isNewline })\"" }

  private static func number(after name: String, in text: String) -> UInt32? {
    let words = text.split { " ()\r\n".contains($0) }
    guard let place = words.firstIndex(of: Substring(name)), place + 1 < words.count else { return nil }
    return UInt32(words[place + 1])
  }
}

/// libcurl's own start, once a process and before any thread uses it. No pointer is passed.
let curlIsReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
