/// A list of entity tags, or `*` (RFC 9110 section 8.8.3). A tag of a compressed answer is the plain one with `-gzip` before its
/// closing quote; both stand for the same state of the resource. A list that is not well-formed names nothing, so `If-Match` fails by it.
struct EntityTags: Equatable {
  let isAny: Bool
  let tags: [(isWeak: Bool, tag: String)]

  init(parsing value: String) {
    var tags: [(Bool, String)] = []
    let bytes = Array(value.utf8)
    isAny = bytes.filter { !isOptionalSpace($0) && $0 != UInt8(ascii: ",") } == [UInt8(ascii: "*")]
    var position = 0
    var isAfterTag = false
    while position < bytes.count {
      if isOptionalSpace(bytes[position]) || bytes[position] == UInt8(ascii: ",") {
        if bytes[position] == UInt8(ascii: ",") { isAfterTag = false }
        position += 1
        continue
      }
      let isWeak = bytes[position...].starts(with: "W/".utf8)
      let open = isWeak ? position + 2 : position
      guard !isAfterTag, open < bytes.count, bytes[open] == UInt8(ascii: "\""),
        let close = bytes[(open + 1)...].firstIndex(of: UInt8(ascii: "\""))
      else {
        tags = []
        break
      }
      isAfterTag = true
      tags.append((isWeak, Self.plain(String(decoding: bytes[open...close], as: UTF8.self))))
      position = close + 1
    }
    self.tags = tags
  }

  static func == (a: EntityTags, b: EntityTags) -> Bool {
    a.isAny == b.isAny && a.tags.elementsEqual(b.tags) { $0 == $1 }
  }

  /// Whether the list names the tag; nil, a resource that does not exist, is named by nothing.
  func matches(_ etag: String?, weakly: Bool) -> Bool {
    guard let etag else { return false }
    if isAny { return true }
    let isWeak = etag.hasPrefix("W/")
    let wanted = Self.plain(isWeak ? String(etag.dropFirst(2)) : etag)
    return tags.contains { $0.tag == wanted && (weakly || (!$0.isWeak && !isWeak)) }
  }

  /// The tag of the compressed form.
  static func compressed(_ etag: String) -> String {
    etag.hasSuffix("\"") ? etag.dropLast() + "-gzip\"" : etag
  }

  private static func plain(_ tag: String) -> String {
    tag.hasSuffix("-gzip\"") ? tag.dropLast(6) + "\"" : tag
  }
}
