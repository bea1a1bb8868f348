/// Why the bytes of a connection are no request that we answer. After any of these the connection closes: what follows in
/// its stream cannot be trusted to be where a request begins (RFC 9112 section 9.6 and 11.2).
enum ParseFailure: Error, Sendable, Equatable, CaseIterable {
  case bareLineFeed, bareCarriageReturn, controlCharacter, tooManyEmptyLines
  case malformedRequestLine, unsupportedVersion, requestLineTooLong
  case malformedTarget, malformedAuthority
  case malformedField, obsoleteFolding, spaceBeforeColon, tooManyFields, headTooLarge
  case missingHost, repeatedHost, malformedHost
  case malformedContentLength, repeatedContentLength, contentTooLarge
  case repeatedTransferEncoding, malformedTransferEncoding, unknownTransferCoding
  case transferEncodingInHTTP10, lengthAndTransferEncoding
  case malformedChunk, chunkLineTooLong, chunkExtensionsTooLong
  case malformedTrailer, trailersTooLarge
  case endedEarly

  /// Status, stable code and sentence of the answer.
  var problem: Problem {
    switch self {
    case .bareLineFeed: bad("bare_line_feed", "Lines end with CR LF.")
    case .bareCarriageReturn: bad("bare_carriage_return", "A CR stands without its LF.")
    case .controlCharacter: bad("control_character", "A control character stands in the head of the request.")
    case .tooManyEmptyLines: bad("too_many_empty_lines", "Too many empty lines before the request line.")
    case .malformedRequestLine: bad("malformed_request_line", "The request line is not 'method target HTTP/1.1'.")
    case .unsupportedVersion:
      Problem(505, "http_version_not_supported", detail: "This server speaks HTTP/1.1 and HTTP/1.0.")
    case .requestLineTooLong: Problem(414, "uri_too_long", detail: "The request line is longer than the limit.")
    case .malformedTarget: bad("malformed_target", "The request target has a character or a form that is not allowed.")
    case .malformedAuthority: bad("malformed_authority", "The authority in the request target is malformed.")
    case .malformedField: bad("malformed_field", "A header field is not 'name: value'.")
    case .obsoleteFolding: bad("obsolete_line_folding", "A header field is folded over several lines.")
    case .spaceBeforeColon: bad("space_before_colon", "White space stands between a field name and its colon.")
    case .tooManyFields: Problem(431, "too_many_fields", detail: "The request has more header fields than the limit.")
    case .headTooLarge: Problem(431, "head_too_large", detail: "The header section is larger than the limit.")
    case .missingHost: bad("missing_host", "An HTTP/1.1 request has a Host field.")
    case .repeatedHost: bad("repeated_host", "A request has one Host field.")
    case .malformedHost: bad("malformed_host", "The Host field is not 'host' or 'host:port'.")
    case .malformedContentLength: bad("malformed_content_length", "Content-Length is not a decimal number.")
    case .repeatedContentLength: bad("repeated_content_length", "A request has one Content-Length field.")
    case .contentTooLarge: Problem(413, "content_too_large", detail: "The body is larger than the limit.")
    case .repeatedTransferEncoding: bad("repeated_transfer_encoding", "A request has one Transfer-Encoding field.")
    case .malformedTransferEncoding: bad("malformed_transfer_encoding", "Transfer-Encoding does not end in chunked.")
    case .unknownTransferCoding:
      Problem(501, "unknown_transfer_coding", detail: "The only transfer coding of this server is chunked.")
    case .transferEncodingInHTTP10: bad("transfer_encoding_in_http_1_0", "HTTP/1.0 has no Transfer-Encoding.")
    case .lengthAndTransferEncoding:
      bad("length_and_transfer_encoding", "A request has Content-Length or Transfer-Encoding, not both.")
    case .malformedChunk: bad("malformed_chunk", "The chunked body is malformed.")
    case .chunkLineTooLong: bad("chunk_line_too_long", "A chunk line is longer than the limit.")
    case .chunkExtensionsTooLong: bad("chunk_extensions_too_long", "The chunk extensions are longer than the limit.")
    case .malformedTrailer: bad("malformed_trailer", "A trailer field is not 'name: value'.")
    case .trailersTooLarge: Problem(431, "trailers_too_large", detail: "The trailer section is larger than the limit.")
    case .endedEarly: bad("incomplete_request", "The connection ended before the request did.")
    }
  }

  private func bad(_ code: String, _ detail: String) -> Problem { Problem(400, code, detail: detail) }
}
