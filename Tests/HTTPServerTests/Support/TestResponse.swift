/// A response as it stood on the wire.
struct TestResponse {
  var status: Int
  var reason: String
  var fields: [(name: String, value: String)]
  var body: [UInt8]

  var text: String { String(decoding: body, as: UTF8.self) }
  /// The `code` of a problem.
  var code: String? {
    guard let start = text.range(of: "\"code\":\"") else { return nil }
    return String(text[start...].prefix { $0 != "\"" })
  }

  func field(_ name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }
  func all(_ name: String) -> [String] { fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value) }

  /// Cuts a response from the beginning of `bytes`; nil when it is not whole. 1xx answers are responses of their own.
  static func parse(_ bytes: [UInt8], toHead: Bool, isComplete: Bool) -> (TestResponse, Int)? {
    guard let headEnd = find([13, 10, 13, 10], in: bytes, from: 0) else { return nil }
    let lines = split(bytes[..<headEnd])
    let parts = String(decoding: lines[0], as: UTF8.self).split(separator: " ", maxSplits: 2)
    guard parts.count >= 2, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else { return nil }
    let fields = lines.dropFirst().map { line -> (name: String, value: String) in
      let colon = line.firstIndex(of: 58) ?? line.endIndex
      return (
        String(decoding: line[..<colon], as: UTF8.self),
        String(decoding: line[min(colon + 2, line.endIndex)...], as: UTF8.self)
      )
    }
    var response = TestResponse(
      status: status, reason: parts.count > 2 ? String(parts[2]) : "", fields: fields, body: [])
    var position = headEnd + 4
    if toHead && status >= 200 || status == 204 || status == 304 || status < 200 { return (response, position) }
    if response.field("Transfer-Encoding") == "chunked" {
      while true {
        guard let lineEnd = find([13, 10], in: bytes, from: position),
          let size = Int(String(decoding: bytes[position..<lineEnd], as: UTF8.self), radix: 16),
          bytes.count >= lineEnd + 4 + size
        else { return nil }
        response.body += bytes[(lineEnd + 2)..<(lineEnd + 2 + size)]
        position = lineEnd + 4 + size
        if size == 0 { return (response, position) }
      }
    }
    if let length = response.field("Content-Length").flatMap({ Int($0) }) {
      guard bytes.count >= position + length else { return nil }
      response.body = Array(bytes[position..<(position + length)])
      return (response, position + length)
    }
    guard isComplete else { return nil }
    response.body = Array(bytes[position...])
    return (response, bytes.count)
  }

  private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
    guard bytes.count >= needle.count + start else { return nil }
    return (start...(bytes.count - needle.count)).first { bytes[$0..<($0 + needle.count)].elementsEqual(needle) }
  }

  private static func split(_ head: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = head.startIndex
    while let end = head[start...].firstIndex(of: 13) {
      lines.append(head[start..<end])
      start = end + 2
    }
    lines.append(head[start...])
    return lines
  }
}

extension String {
  /// The index after the first occurrence.
  fileprivate func range(of needle: String) -> String.Index? {
    var at = startIndex
    while at < endIndex {
      if self[at...].hasPrefix(needle) { return index(at, offsetBy: needle.count) }
      at = index(after: at)
    }
    return nil
  }
}
