import CMongoC
import Logging

/// libmongoc's own warnings go to the log instead of stderr.
enum DriverLog {
  /// Touching it initializes libmongoc, once per process.
  static let isInitialized: Bool = {
    // The handler is a function without state and lives as long as the process.
    unsafe c360_initialize(forwardDriverMessage)
    return true
  }()

  static let logger = Logger(label: "mongodb.driver")
}

/// Called by libmongoc from any of its threads.
private func forwardDriverMessage(level: Int32, domain: UnsafePointer<CChar>?, message: UnsafePointer<CChar>?) {
  // Both are C strings of libmongoc that live for the call.
  let domain = unsafe domain.map { unsafe String(cString: $0) } ?? ""
  let text = unsafe message.map { unsafe String(cString: $0) } ?? ""
  DriverLog.logger.warning("MongoDB driver", metadata: ["domain": "\(domain)", "message": "\(text)"])
}
