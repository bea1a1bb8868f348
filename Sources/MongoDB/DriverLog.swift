import CMongoC
import Logging

/// libmongoc's own messages go to the log instead of stderr.
enum DriverLog {
  /// Touching it initializes libmongoc, once per process.
  static let isInitialized: Bool = {
    // The handler is a function without state and lives as long as the process.
    unsafe c360_initialize(forwardDriverMessage)
    return true
  }()

  static let logger = Logger(label: "mongodb.driver")
}

/// Called by libmongoc from any of its threads. Its warnings repeat what the failed call itself tells (a broken connection,
/// a farewell to a server that is gone): only its errors are worth an operator's attention.
private func forwardDriverMessage(level: Int32, domain: UnsafePointer<CChar>?, message: UnsafePointer<CChar>?) {
  // Both are C strings of libmongoc that live for the call.
  let domain = unsafe domain.map { unsafe String(cString: $0) } ?? ""
  let text = unsafe message.map { unsafe String(cString: $0) } ?? ""
  DriverLog.logger.log(
    level: level < c360_log_warning ? .error : .debug, "MongoDB driver",
    metadata: ["domain": "\(domain)", "message": "\(text)"])
}
