import CMongoC
import Glibc
import Locks

/// The folder of a private mongod: `db/` with its data, `mongod.log`, `mongod.sock`, and who uses it.
///
/// One service at a time holds the lock on `service.lock`, until this value gives it back. A mongod that our pid file names
/// while nobody holds the lock is a leftover and is killed; one that it does not name is not ours.
final class DataFolder: Sendable {
  let path: String
  /// The descriptor that holds the lock, until it is given back.
  private let lock: Guarded<Int32?>

  var database: String { path + "/db" }
  var log: String { path + "/mongod.log" }
  private var pidFile: String { path + "/mongod.pid" }

  init(_ given: String) throws(MongoError) {
    path = try DataFolder.prepare(given)
    lock = Guarded(try DataFolder.take(path + "/service.lock", of: path))
    try killLeftover()
    try refuseForeign()
  }

  deinit {
    release()
  }

  /// Gives the lock back: nothing of ours uses the folder any more.
  func release() {
    lock.withLock { descriptor in
      if let open = descriptor { close(open) }
      descriptor = nil
    }
  }

  /// Makes the folders that are missing; the absolute path.
  private static func prepare(_ given: String) throws(MongoError) -> String {
    var made = given.hasPrefix("/") ? "" : "."
    for part in given.split(separator: "/").map(String.init) + ["db"] {
      made += "/\(part)"
      // The path lives for the call.
      if unsafe mkdir(made, 0o700) != 0, errno != EEXIST { throw .privateServer(.dataFolder(made, errno: errno)) }
    }
    // realpath allocates; freed below.
    guard let real = unsafe realpath(given, nil) else { throw .privateServer(.dataFolder(given, errno: errno)) }
    defer { unsafe free(real) }
    return unsafe String(cString: real)
  }

  /// The descriptor that holds the lock.
  private static func take(_ file: String, of path: String) throws(MongoError) -> Int32 {
    // The path lives for the call.
    let lock = unsafe open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw .privateServer(.dataFolder(path, errno: errno)) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      close(lock)
      throw .privateServer(.dataFolderInUse(path))
    }
    return lock
  }

  /// Notes which process is ours.
  func record(pid: Int32) {
    let text = "\(pid) \(c360_start_time(pid))\n"
    // The path and the text live for the calls.
    let file = unsafe open(pidFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    _ = unsafe write(file, text, text.utf8.count)
    close(file)
  }

  /// Notes where our server listens, for commands beside the service.
  func record(uri: String) {
    // The path and the text live for the calls.
    let file = unsafe open(path + "/mongod.uri", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    _ = unsafe write(file, uri, uri.utf8.count)
    close(file)
  }

  /// What was noted in a folder by a service that still holds it; nil when none does.
  static func notedURI(in folder: String) -> String? {
    // The paths and the buffer live for the calls.
    let lock = unsafe open(folder + "/service.lock", O_RDWR | O_CLOEXEC)
    guard lock >= 0 else { return nil }
    defer { close(lock) }
    guard flock(lock, LOCK_SH | LOCK_NB) != 0 else { return nil }
    let file = unsafe open(folder + "/mongod.uri", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let length = unsafe read(file, &buffer, buffer.count)
    return length > 0 ? String(decoding: buffer.prefix(length), as: UTF8.self) : nil
  }

  /// Kills the mongod of a service that is gone, and waits for its end.
  private func killLeftover() throws(MongoError) {
    var buffer = [UInt8](repeating: 0, count: 64)
    // The path and the buffer live for the calls.
    let file = unsafe open(pidFile, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    let length = unsafe read(file, &buffer, buffer.count)
    close(file)
    let parts = String(decoding: buffer.prefix(max(length, 0)), as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard parts.count == 2, let pid = Int32(parts[0]), let start = UInt64(parts[1]), pid > 1, start != 0 else { return }
    let deadline = Deadline.after(milliseconds: 10_000)
    // A pid alone may have been given to another process; pid and start time together name one.
    while c360_start_time(pid) == start, !isZombie(pid) {
      guard !deadline.hasPassed else { throw .privateServer(.dataFolderInUse(path)) }
      kill(pid, SIGKILL)
      // A process that is not a child of this one cannot be waited for: it is looked at again.
      usleep(5000)
    }
  }

  /// A process that has ended and waits to be reaped holds nothing any more.
  private func isZombie(_ pid: Int32) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 512)
    // The path and the buffer live for the calls.
    let file = unsafe open("/proc/\(pid)/stat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return true }
    let length = unsafe read(file, &buffer, buffer.count)
    close(file)
    let text = buffer.prefix(max(length, 0))
    guard let bracket = text.lastIndex(of: UInt8(ascii: ")")), bracket + 2 < text.endIndex else { return true }
    return text[bracket + 2] == UInt8(ascii: "Z")
  }

  /// mongod itself locks `db/mongod.lock` for as long as it runs.
  private func refuseForeign() throws(MongoError) {
    // The path lives for the call.
    let file = unsafe open(database + "/mongod.lock", O_RDWR | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    // A process that has been killed is gone for its parent before its last thread has let go of the lock.
    let deadline = Deadline.after(milliseconds: 1000)
    while flock(file, LOCK_EX | LOCK_NB) != 0 {
      guard !deadline.hasPassed else { throw .privateServer(.dataFolderInUse(path)) }
      // A process that is not a child of this one cannot be waited for: it is looked at again.
      usleep(5000)
    }
  }

  /// A path of the socket that fits `sockaddr_un` (107 bytes): through a link in /tmp when the folder's own is too long.
  func socketPath() throws(MongoError) -> String {
    let plain = path + "/mongod.sock"
    if plain.utf8.count <= 100 { return plain }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let link = "/tmp/customer360-\(getuid())-" + String(hash, radix: 16)
    // The paths live for the calls. A link of another user cannot be removed in /tmp, and shows here.
    unsafe unlink(link)
    guard unsafe symlink(path, link) == 0 else { throw .privateServer(.dataFolder(link, errno: errno)) }
    return link + "/mongod.sock"
  }
}
