import CCurl

/// A small document behind an `https` address, fetched by libcurl: certificates are verified, redirects are not followed.
public enum HTTPSDocument {
  private static let connectTimeoutMs = 5_000
  private static let requestTimeoutMs = 10_000

  /// The body of a 200. Blocks for ten seconds at the most.
  /// - Parameter authorities: a PEM file of certificate authorities, where the system's do not do.
  public static func fetch(_ url: String, bytesMax: Int, authorities: String? = nil) throws(PullError) -> [UInt8] {
    guard curlIsReady, let handle = unsafe curl_easy_init() else { throw .source("libcurl cannot be started") }
    // Freed at the end of this function, which alone uses it.
    defer { unsafe curl_easy_cleanup(handle) }
    var answer = unsafe c360_answer()
    unsafe answer.count_max = bytesMax
    // The answer lives in this frame, and nothing is performed after it; libcurl copies the strings.
    let code = unsafe withUnsafeMutablePointer(to: &answer) { answer in
      unsafe c360_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "https")
      unsafe c360_curl_set_text(handle, CURLOPT_URL, url)
      unsafe c360_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
      unsafe c360_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, connectTimeoutMs)
      unsafe c360_curl_set_number(handle, CURLOPT_TIMEOUT_MS, requestTimeoutMs)
      if let authorities { unsafe c360_curl_set_text(handle, CURLOPT_CAINFO, authorities) }
      unsafe c360_curl_set_answer(handle, answer)
      return unsafe curl_easy_perform(handle)
    }
    // The buffer is libcurl's until here and nobody's afterwards.
    defer { unsafe c360_answer_free(&answer) }
    guard code == CURLE_OK else {
      // A constant string of libcurl.
      throw .source(unsafe String(cString: curl_easy_strerror(code)))
    }
    let status = unsafe c360_curl_status(handle)
    guard status == 200 else { throw .source("HTTP status \(status)") }
    return unsafe Array(UnsafeBufferPointer(start: answer.bytes, count: answer.count))
  }
}
