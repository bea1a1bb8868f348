import BSON
import Dispatch
import HTTPServer
import Locks
import Logging
import Store

/// Verifies the tokens of push requests against keys that are read from a file or fetched, and read again as they change.
final class PushTokenVerifier: Sendable {
  /// Between two readings of the keys, in seconds.
  static let refreshSeconds = 3600
  /// Between two readings that a token with an unknown key, or a failure, asks for, in seconds.
  static let retrySeconds = 30

  private struct State {
    var keys: JSONWebKeys?
    var lastTry: ContinuousClock.Instant?
  }

  private let policy: PushTokenPolicy
  private let read: @Sendable () throws -> [UInt8]
  private let clock: @Sendable () -> BSONDate
  private let log: Logger
  private let state = Guarded(State())
  private let queue = DispatchQueue(label: "customer360.push-keys")

  init(
    policy: PushTokenPolicy, read: @escaping @Sendable () throws -> [UInt8], clock: @escaping @Sendable () -> BSONDate,
    log: Logger
  ) {
    self.policy = policy
    self.read = read
    self.clock = clock
    self.log = log
  }

  /// Begins to read the keys, on a queue of its own.
  func start() { refresh() }

  /// Lets the sender of a token in. Touches memory only.
  func caller(presenting token: some StringProtocol) throws(Problem) -> Caller {
    guard let keys = state.withLock({ $0.keys }) else {
      refresh()
      throw .unavailable("not_ready", "The keys that push tokens are signed with have not been loaded yet.")
    }
    do throws(PushToken.Refusal) {
      _ = try PushToken(verifying: token, keys: keys, policy: policy, now: clock())
    } catch {
      // Keys are rotated: the next try of the sender may find the new one here.
      if error == .unknownKey { refresh() }
      throw .wrongToken
    }
    return Caller(keyId: "pubsub", scopes: [.ingest])
  }

  /// Reads the keys, unless that was tried a moment ago.
  private func refresh() {
    let now = ContinuousClock.now
    let isDue = state.withLock { state in
      if let last = state.lastTry, now - last < .seconds(Self.retrySeconds) { return false }
      state.lastTry = now
      return true
    }
    guard isDue else { return }
    queue.async { [weak self] in self?.load() }
  }

  private func load() {
    do {
      guard let keys = JSONWebKeys(try read()) else { throw Unusable() }
      state.withLock { $0.keys = keys }
      log.info("keys of push tokens loaded", metadata: ["count": "\(keys.count)"])
    } catch {
      // Those of before go on.
      log.warning("keys of push tokens not loaded", metadata: ["error": "\(error)"])
    }
    queue.asyncAfter(deadline: .now() + .seconds(Self.refreshSeconds)) { [weak self] in self?.refresh() }
  }

  private struct Unusable: Error, CustomStringConvertible {
    var description: String { "no JWK set" }
  }
}

extension Problem {
  /// A token that is not taken. What exactly is wrong with it is not said.
  static var wrongToken: Problem {
    Problem(
      .unauthorized, "invalid_token", detail: "The token is not valid here.",
      fields: ["WWW-Authenticate": "Bearer realm=\"customer360\", error=\"invalid_token\""])
  }
}
