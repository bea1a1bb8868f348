import BSON
import CSockets
import Glibc

/// An answer as it came over the socket.
struct Answer {
  var status = 0
  var fields: [(name: String, value: String)] = []
  var body: [UInt8] = []

  var text: String { String(decoding: body, as: UTF8.self) }
  func field(_ name: String) -> String? { fields.first { $0.name.lowercased() == name.lowercased() }?.value }

  /// The body as a JSON object; empty when it is none.
  var json: BSONDocument { (try? JSONDecoding.document(from: body.span)) ?? BSONDocument() }
  /// The `code` of a problem.
  var code: String? { json.string("code") }
  /// The elements of `items`.
  var items: [BSONDocument] { json.array("items")?.compactMap(\.documentValue) ?? [] }
  var nextCursor: String? { json.string("nextCursor") }
}

/// Sends one request a connection over loopback and reads its answer to the end.
struct TestClient {
  let port: Int
  /// Sent as a Bearer token.
  var key: String?

  func get(_ path: String, _ fields: [String: String] = [:]) -> Answer { send("GET", path, fields) }

  func post(_ path: String, _ body: String, type: String = "application/json") -> Answer {
    post(path, bytes: Array(body.utf8), type: type)
  }

  func post(_ path: String, bytes: [UInt8], type: String = "application/json") -> Answer {
    send("POST", path, ["Content-Type": type], bytes)
  }

  func send(_ method: String, _ path: String, _ fields: [String: String] = [:], _ body: [UInt8] = []) -> Answer {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    if let key { head += "Authorization: Bearer \(key)\r\n" }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    if !body.isEmpty { head += "Content-Length: \(body.count)\r\n" }
    return raw(Array((head + "\r\n").utf8) + body)
  }

  /// Sends bytes as they are. The status is 0 when nothing could be sent or understood.
  func raw(_ request: [UInt8]) -> Answer {
    let descriptor = unsafe "127.0.0.1".withCString { unsafe c360_connect($0, UInt16(port)) }
    guard descriptor >= 0 else { return Answer() }
    defer { c360_close(descriptor) }
    var sent = 0
    while sent < request.count {
      let count = unsafe request[sent...].withUnsafeBytes { unsafe c360_send(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      sent += count
    }
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&poller, 1, 15_000) > 0 else { break }
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe c360_receive(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      received += buffer[..<count]
    }
    return Self.parse(received)
  }

  private static func parse(_ bytes: [UInt8]) -> Answer {
    var answer = Answer()
    guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) }) else { return answer }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
    answer.status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    answer.fields = lines.dropFirst().compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
    }
    answer.body = Array(bytes[(end + 4)...])
    return answer
  }
}
