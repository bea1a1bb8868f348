import BSON
import Ingestion

/// The messages of a mailbox as interactions, in the order of their UIDs. What nobody has read stays unread.
public struct IMAPPull: Pull {
  /// The type of such sources.
  public let type = "imap"
  /// What the items are.
  public let kind = IngestKind.interactions
  private let decoder = EmailDecoder()
  private let account: IMAPReader.Account

  /// Messages and bytes of a piece.
  private static let pieceMessages = 100
  private static let pieceBytes = 8 << 20
  /// The longest message.
  private static let messageBytesMax = 32 << 20

  /// A pull of a mailbox.
  /// - Parameters:
  ///   - server: `imaps://host[:port]`, or `imap://host[:port]`, which must offer STARTTLS unless `isPlain`.
  ///   - authorities: a PEM file of certificate authorities, where the system's do not do.
  public init(
    server: String, user: String, password: String, mailbox: String = "INBOX", authorities: String? = nil,
    isPlain: Bool = false
  ) throws(PullError) {
    guard server.hasPrefix("imaps://") || server.hasPrefix("imap://"), server.split(separator: "/").count == 2 else {
      throw .usage("the server must be imaps://host[:port] or imap://host[:port]")
    }
    account = IMAPReader.Account(
      server: String(server.reversed().drop { $0 == "/" }.reversed()), user: user, password: password, mailbox: mailbox,
      authorities: authorities, isPlain: isPlain)
  }

  /// Reads every message past the ledger's position. A mailbox with another UIDVALIDITY is read from its beginning: what is stored
  /// already is a duplicate. `progress` is called after each piece.
  public func run(_ ledger: inout PullLedger, progress: (Int) -> Void) throws(PullError) {
    var reader = try IMAPReader(account, messageBytesMax: Self.messageBytesMax)
    let status = try reader.status()
    var last: UInt32 = 0
    let position = ledger.source.position
    if position.int("uidValidity") == Int(status.uidValidity), position.string("mailbox") == place {
      last = UInt32(clamping: position.int("lastUid") ?? 0)
    }
    guard last + 1 < status.uidNext else {
      return try ledger.succeed(at: self.position(status, last), lag: .init(0, "messages"))
    }
    let unseen = Set(try reader.messages(from: last + 1, unseen: true))
    var rest = try reader.messages(from: last + 1)[...]
    var received = 0
    while !rest.isEmpty {
      guard ledger.mayContinue else { return }
      var items: [DecodedItem] = []
      var names: [String] = []
      var bytes = 0
      var read: [UInt32] = []
      while let uid = rest.first, read.count < Self.pieceMessages, bytes < Self.pieceBytes {
        rest.removeFirst()
        read.append(uid)
        guard let message = try reader.message(uid) else { continue }
        names.append("{\"mailbox\":\"uid \(uid)\"}")
        if message.isTooLong {
          items.append(decoder.tooLong(at: items.count))
          // The connection stands in the middle of a message.
          reader = try IMAPReader(account, messageBytesMax: Self.messageBytesMax)
        } else {
          items.append(decoder.interaction(of: message.bytes, at: items.count, receivedAt: ledger.now))
          bytes += message.bytes.count
        }
      }
      try reader.markUnread(read.filter(unseen.contains))
      last = read.last ?? last
      try ledger.take(
        .interactions, items, items: { Array(names[$0].utf8) }, position: self.position(status, last),
        lag: .init(rest.count, "messages"))
      received += items.count
      progress(received)
    }
    try ledger.succeed(at: self.position(status, last), lag: .init(0, "messages"))
  }

  private var place: String { "\(account.user)@\(account.server)/\(account.mailbox)" }

  private func position(_ status: IMAPReader.Status, _ last: UInt32) -> BSONDocument {
    BSONDocument {
      $0.append("mailbox", place)
      $0.append("uidValidity", Int64(status.uidValidity))
      $0.append("lastUid", Int64(last))
    }
  }
}
