import HTTPServer
import Store

/// Answers a conditional GET (RFC 9110, section 13.1.2).
///
/// The strong entity tag is a digest of the very bytes of the answer, so it changes with what is shown and not with when it
/// is asked, and is the same on every replica.
func conditional(
  _ body: [UInt8], _ contentType: MediaType = .json, to request: HTTPRequest, fields: HTTPFields = .personal
) -> HTTPResponse {
  let etag = "\"\(Digest.hexadecimal(Digest.sha256(body).prefix(16)))\""
  var fields = fields
  fields.append("ETag", etag)
  if request.ifNoneMatch(etag) { return HTTPResponse(status: .notModified, fields: fields) }
  return HTTPResponse(contentType: contentType, fields: fields, body: .bytes(body))
}
