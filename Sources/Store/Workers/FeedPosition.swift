import BSON
import MongoDB

/// Where one reader of changes goes on after a restart; kept in the database after what it covers has been done.
public struct FeedPosition {
  private let store: Store
  private let reader: String
  private var keptAt = ContinuousClock.now

  private static let timeoutMs = 5_000
  /// A reader without changes moves on this often, so that it never falls out of the server's log.
  private static let idleInterval = Duration.seconds(30)

  /// The position of a reader by its name.
  public init(of reader: String, in store: Store) { (self.reader, self.store) = (reader, store) }

  /// The feed from the stored position on; nil when none is stored, or the server's log no longer reaches back to it:
  /// `onHistoryLost` is told then.
  public func resume(
    _ open: (BSONDocument) throws(StoreError) -> ChangeFeed, onHistoryLost: () -> Void
  ) throws(StoreError) -> ChangeFeed? {
    guard let token = try store.changeToken(of: reader, deadline: .after(milliseconds: Self.timeoutMs)) else {
      return nil
    }
    do throws(StoreError) {
      return try open(token)
    } catch .database(.changeStreamHistoryLost) {
      onHistoryLost()
      return nil
    } catch {
      throw error
    }
  }

  /// Whether none is stored.
  public var isUnset: Bool {
    get throws(StoreError) { try store.changeToken(of: reader, deadline: .after(milliseconds: Self.timeoutMs)) == nil }
  }

  /// Keeps where the feed is.
  public mutating func keep(_ feed: ChangeFeed) throws(StoreError) {
    guard let token = feed.resumeToken else { return }
    try store.setChangeToken(token, of: reader, deadline: .after(milliseconds: Self.timeoutMs))
    keptAt = .now
  }

  /// Keeps where a feed without changes is, now and then.
  public mutating func keepWhenIdle(_ feed: ChangeFeed) throws(StoreError) {
    if .now - keptAt > Self.idleInterval { try keep(feed) }
  }
}
