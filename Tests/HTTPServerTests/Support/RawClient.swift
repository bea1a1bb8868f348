import CSockets
import Glibc

/// A client that sends exactly the bytes it is given and reads what comes, with an end to its patience.
final class RawClient {
  let descriptor: Int32
  private var received: [UInt8] = []
  private(set) var sawEnd = false
  private(set) var sawReset = false

  init(port: Int) throws {
    descriptor = unsafe "127.0.0.1".withCString { unsafe c360_connect($0, UInt16(port)) }
    guard descriptor >= 0 else { throw ClientError.cannotConnect(-descriptor) }
  }

  deinit { c360_close(descriptor) }

  enum ClientError: Error, Equatable {
    case cannotConnect(Int32)
    case handshakeFailed
  }

  private var tls: TLSTestSession?

  /// Connects with TLS.
  convenience init(port: Int, tls options: TLSTestSession.Options) throws {
    try self.init(port: port)
    tls = TLSTestSession(descriptor, options)
    guard tls != nil else { throw ClientError.handshakeFailed }
  }

  var peerName: String { tls?.peerName ?? "" }
  var agreedProtocol: String { tls?.agreedProtocol ?? "" }
  var version: String { tls?.version ?? "" }

  private func write(_ bytes: ArraySlice<UInt8>) -> Int {
    if let tls { return tls.write(bytes) }
    return unsafe bytes.withUnsafeBytes { unsafe c360_send(descriptor, $0.baseAddress, $0.count) }
  }

  private func read(into buffer: inout [UInt8]) -> Int {
    if let tls { return tls.read(into: &buffer) }
    return unsafe buffer.withUnsafeMutableBytes { unsafe c360_receive(descriptor, $0.baseAddress, $0.count) }
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) {
    var offset = 0
    while offset < bytes.count {
      let sent = write(bytes[offset...])
      guard sent > 0 else { return }
      offset += sent
    }
  }

  /// Sends each byte in a segment of its own.
  func sendByteByByte(_ text: String) {
    for byte in text.utf8 { send([byte]) }
  }

  func endOutput() { c360_end_output(descriptor) }

  func reset() { c360_reset(dup(descriptor)) }

  /// Waits for bytes; false when none came in time or the connection has ended.
  @discardableResult
  private func fill(until deadline: Int) -> Bool {
    guard !sawEnd else { return false }
    var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let left = max(0, deadline - milliseconds())
    guard unsafe poll(&poller, 1, Int32(left)) > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = read(into: &buffer)
    if count <= 0 {
      sawEnd = true
      sawReset = count < 0
      return false
    }
    received += buffer[..<count]
    return true
  }

  /// The next response, or nil when the connection ended or nothing whole came in time.
  func response(toHead: Bool = false, within timeoutMs: Int = 5_000) -> TestResponse? {
    let deadline = milliseconds() + timeoutMs
    while true {
      if let (response, count) = TestResponse.parse(received, toHead: toHead, isComplete: sawEnd) {
        received.removeFirst(count)
        return response
      }
      if !fill(until: deadline) {
        guard sawEnd, let (response, count) = TestResponse.parse(received, toHead: toHead, isComplete: true)
        else { return nil }
        received.removeFirst(count)
        return response
      }
    }
  }

  /// Sends a request and reads its answer.
  func ask(_ text: String, toHead: Bool = false) -> TestResponse? {
    send(text)
    return response(toHead: toHead)
  }

  /// Whether the server ends the connection in time, without another byte.
  func isClosed(within timeoutMs: Int = 5_000) -> Bool {
    let deadline = milliseconds() + timeoutMs
    while fill(until: deadline) {}
    return sawEnd && received.isEmpty
  }

  /// Whether nothing comes for this long.
  func isSilent(for timeoutMs: Int) -> Bool {
    fill(until: milliseconds() + timeoutMs)
    return received.isEmpty && !sawEnd
  }

  /// Everything until the end of the connection.
  func readToEnd(within timeoutMs: Int = 5_000) -> [UInt8] {
    let deadline = milliseconds() + timeoutMs
    while fill(until: deadline) {}
    return received
  }
}

func milliseconds() -> Int {
  var now = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  return now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
}
