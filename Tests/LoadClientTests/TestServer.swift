import Glibc
import Locks
import Testing

@testable import LoadClient

/// A real HTTP listener on a loopback port, as small as a test needs: one request after another on each connection.
final class TestServer: Sendable {
  struct Request: Sendable {
    var target: String
    var fields: [String: String]
    var body: [UInt8]
    var text: String { String(decoding: body, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
  }

  enum Response: Sendable {
    case answer(status: Int, fields: [String: String] = [:], body: String = "")
    /// Closes the connection without a word.
    case hangUp

    /// The service's answer when all is stored.
    static func stored(_ count: Int, duplicates: Int = 0, errors: [String] = []) -> Response {
      .answer(
        status: 200,
        body: """
          {"batchId":"b","received":\(count),"accepted":\(count - duplicates - errors.count),"duplicates":\(duplicates),\
          "rejected":\(errors.count),"errors":[\(errors.joined(separator: ","))],"tookMs":1}
          """)
    }
  }

  let port: Int
  var url: String { "http://127.0.0.1:\(port)" }
  private let listener: Int32
  private let received = Guarded<[Request]>([])

  /// Every request so far, in the order of arrival.
  var requests: [Request] { received.withLock { $0 } }

  init(_ handler: @escaping @Sendable (Request) -> Response) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The structure is large enough for every call, and outlives each of them.
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        unsafe bind(listener, generic, length) == 0 && listen(listener, 64) == 0
          && getsockname(listener, generic, &length) == 0
      }
    }
    try #require(isBound)
    self.listener = listener
    port = Int(UInt16(bigEndian: address.sin_port))
    startThread { [self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        startThread { self.serve(connection, handler) }
      }
    }
  }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func serve(_ connection: Int32, _ handler: (Request) -> Response) {
    defer { close(connection) }
    var pending: [UInt8] = []
    while let request = readRequest(connection, &pending) {
      received.withLock { $0.append(request) }
      guard case .answer(let status, let fields, let body) = handler(request) else { return }
      var text = "HTTP/1.1 \(status) Test\r\nContent-Length: \(body.utf8.count)\r\n"
      for (name, value) in fields { text += "\(name): \(value)\r\n" }
      text += "\r\n\(body)"
      let bytes = Array(text.utf8)
      // The bytes outlive the call.
      guard unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { return }
    }
  }

  private func readRequest(_ connection: Int32, _ pending: inout [UInt8]) -> Request? {
    func more() -> Bool {
      var chunk = [UInt8](repeating: 0, count: 65_536)
      // recv() writes no more than the count.
      let count = unsafe recv(connection, &chunk, chunk.count, 0)
      pending += chunk[..<max(0, count)]
      return count > 0
    }
    var end = 0
    while true {
      if let found = Self.headEnd(pending) {
        end = found
        break
      }
      guard more() else { return nil }
    }
    let lines = String(decoding: pending[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      fields[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
    }
    let count = Int(fields["content-length"] ?? "") ?? 0
    while pending.count < end + count { guard more() else { return nil } }
    let body = Array(pending[end..<(end + count)])
    pending.removeFirst(end + count)
    return Request(target: String(lines[0].split(separator: " ")[1]), fields: fields, body: body)
  }

  private static func headEnd(_ bytes: [UInt8]) -> Int? {
    guard bytes.count >= 4 else { return nil }
    for place in 3..<bytes.count where bytes[(place - 3)...place].elementsEqual("\r\n\r\n".utf8) { return place + 1 }
    return nil
  }
}

/// A thread that ends by itself.
private func startThread(_ body: @escaping @Sendable () -> Void) {
  var threads = Threads()
  threads.start {
    pthread_detach(pthread_self())
    body()
  }
}
