import CCurl

/// One connection to the service, kept open between requests. Belongs to one thread.
// The pointers below never leave the class, which alone frees them.
@safe final class HTTPConnection {
  /// What became of a request.
  enum Reply: Equatable {
    case answered(status: Int, retryAfterSeconds: Int, body: [UInt8])
    /// No answer came.
    case failed(String)
  }

  /// A header field of a request.
  typealias Field = (name: String, value: String)

  private let handle: UnsafeMutableRawPointer
  private let answer: UnsafeMutablePointer<c360_answer>

  /// - Parameter authorities: a PEM file of certificate authorities, where the system's do not do.
  init(url: String, authorities: String?) throws(LoadError) {
    guard curlIsReady, let handle = unsafe curl_easy_init() else { throw .usage("libcurl cannot be started") }
    unsafe self.handle = handle
    unsafe answer = .allocate(capacity: 1)
    unsafe answer.initialize(to: c360_answer())
    unsafe answer.pointee.count_max = LoadLimits.answerBytesMax
    // The handle lives until deinit, and libcurl copies the strings. These options fail only where libcurl lacks them.
    unsafe c360_curl_set_text(handle, CURLOPT_URL, url)
    unsafe c360_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    unsafe c360_curl_set_text(handle, CURLOPT_USERAGENT, "customer360-load")
    unsafe c360_curl_set_number(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    unsafe c360_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
    unsafe c360_curl_set_number(handle, CURLOPT_TCP_NODELAY, 1)
    unsafe c360_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, LoadLimits.connectTimeoutMs)
    unsafe c360_curl_set_number(handle, CURLOPT_TIMEOUT_MS, LoadLimits.requestTimeoutMs)
    if let authorities { unsafe c360_curl_set_text(handle, CURLOPT_CAINFO, authorities) }
    // A proxy in the environment is for other machines.
    if Self.isLoopback(url) { unsafe c360_curl_set_text(handle, CURLOPT_PROXY, "") }
    unsafe c360_curl_set_answer(handle, answer)
  }

  deinit {
    // Both were made by init and belong to this object alone.
    unsafe curl_easy_cleanup(handle)
    unsafe c360_answer_free(answer)
    unsafe answer.deallocate()
  }

  /// Asks and waits for the answer.
  func get(fields: [Field]) -> Reply {
    unsafe perform(fields) { handle in
      // The handle is this object's.
      unsafe c360_curl_set_number(handle, CURLOPT_HTTPGET, 1)
      return unsafe curl_easy_perform(handle)
    }
  }

  /// Sends a body and waits for the answer.
  func post(_ body: [UInt8], fields: [Field]) -> Reply {
    unsafe perform(fields) { handle in
      // The body stays where it is until the request is done.
      unsafe body.withUnsafeBytes { bytes in
        unsafe c360_curl_set_body(handle, bytes.baseAddress, bytes.count)
        return unsafe curl_easy_perform(handle)
      }
    }
  }

  private func perform(_ fields: [Field], _ send: (UnsafeMutableRawPointer) -> CURLcode) -> Reply {
    // No `Expect: 100-continue`: the service's limits are known, and it would cost a round trip.
    var lines = unsafe curl_slist_append(nil, "Expect:")
    for field in fields { unsafe lines = curl_slist_append(lines, "\(field.name): \(field.value)") ?? lines }
    defer { unsafe curl_slist_free_all(lines) }
    unsafe answer.pointee.count = 0
    unsafe c360_curl_set_headers(handle, lines)
    let code = unsafe send(handle)
    guard code == CURLE_OK else {
      // A constant string of libcurl.
      return .failed(unsafe String(cString: curl_easy_strerror(code)))
    }
    // The buffer belongs to this object; its bytes are copied before the next request.
    let bytes = unsafe Array(UnsafeBufferPointer(start: answer.pointee.bytes, count: answer.pointee.count))
    return .answered(
      status: unsafe c360_curl_status(handle),
      retryAfterSeconds: unsafe Int(truncatingIfNeeded: c360_curl_retry_after(handle)), body: bytes)
  }

  private static func isLoopback(_ url: String) -> Bool {
    ["://127.", "://localhost", "://[::1]"].contains { url.contains($0) }
  }
}

/// libcurl's own start, once a process and before any thread uses it. No pointer is passed.
private let curlIsReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
