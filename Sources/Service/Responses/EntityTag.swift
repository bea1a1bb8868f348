import HTTPServer
import Store

/// An answer with an entity tag, by which the server answers conditional requests (RFC 9110, section 13).
///
/// The strong tag is a digest of the very bytes of the answer, so it changes with what is shown and not with when it
/// is asked, and is the same on every replica.
func conditional(
  _ body: [UInt8], _ contentType: MediaType = .json, to _: HTTPRequest, fields: HTTPFields = .personal
) -> HTTPResponse {
  let etag = "\"\(Digest.hexadecimal(Digest.sha256(body).prefix(16)))\""
  var fields = fields
  fields.append("ETag", etag)
  return HTTPResponse(contentType: contentType, fields: fields, body: .bytes(body))
}
