/// The server's error codes that mean something to us (src/mongo/base/error_codes.yml).
enum ServerCode {
  static let unauthorized = 13
  static let cursorNotFound = 43
  static let namespaceNotFound = 26
  static let maxTimeExpired = 50
  static let writeConcernTimeout = 64
  static let noSuchTransaction = 251
  static let writeConflict = 112
  static let interruptedAtShutdown = 11600
  static let tooLarge = 10334
  static let duplicateKey = 11000
  static let notWritablePrimary = 10107
  static let notPrimaryNoSecondaryOk = 13435
  static let notYetInitialized = 94

  /// The server refused before doing anything: any command may be sent again.
  static func isNotPrimary(_ code: Int) -> Bool {
    code == notWritablePrimary || code == notPrimaryNoSecondaryOk || code == notYetInitialized
  }

  /// The state passes by itself. The retryable codes of the retryable reads and writes specifications: HostUnreachable,
  /// HostNotFound, NetworkTimeout, ShutdownInProgress, ReadConcernMajorityNotAvailableYet, FailedToSatisfyReadPreference,
  /// PrimarySteppedDown, ExceededTimeLimit, SocketException, NotWritablePrimary, InterruptedAtShutdown,
  /// InterruptedDueToReplStateChange, NotPrimaryNoSecondaryOk, NotPrimaryOrSecondary; and a set not yet initiated.
  static func isTransient(_ code: Int) -> Bool {
    switch code {
    case 6, 7, 89, 91, 133, 134, 189, 262, 9001, notWritablePrimary, interruptedAtShutdown, 11602,
      notPrimaryNoSecondaryOk, 13436, notYetInitialized:
      true
    default: false
    }
  }

  /// A write concern error after which the same write may be sent again: a timeout or a change of primary.
  static func isTransientWriteConcern(_ code: Int) -> Bool {
    isTransient(code) || code == writeConcernTimeout || code == maxTimeExpired
  }

  /// The change stream's token is of no more use: ChangeStreamHistoryLost, ChangeStreamFatalError, InvalidResumeToken,
  /// OplogQueryMinTsMissing.
  static func isLostStream(_ code: Int) -> Bool { code == 286 || code == 280 || code == 260 || code == 326 }
}
