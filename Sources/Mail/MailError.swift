/// Why bytes are no message that can be read.
public enum MailError: Error, Sendable, Equatable {
  /// There is no header at all.
  case notAMessage
  /// The message is longer than `MailLimits.messageBytesMax`.
  case messageTooLong
  /// The texts of the body are longer than `MailLimits.textBytesMax`.
  case textTooLong
  /// More parts than `MailLimits.partsMax`, or deeper than `MailLimits.depthMax`.
  case tooManyParts

  /// For people, without anything of the message.
  public var message: String {
    switch self {
    case .notAMessage: "this is no RFC 5322 message: it has no header"
    case .messageTooLong: "the message is longer than \(MailLimits.messageBytesMax) bytes"
    case .textTooLong: "the text of the message is longer than \(MailLimits.textBytesMax) bytes"
    case .tooManyParts:
      "the message has more than \(MailLimits.partsMax) parts, or parts nested deeper than \(MailLimits.depthMax)"
    }
  }
}

/// Bounds of a message.
public enum MailLimits {
  /// A message with its attachments, as it is transferred.
  public static let messageBytesMax = 32 << 20
  /// All texts of a body, decoded.
  public static let textBytesMax = 4 << 20
  /// Parts of a message, multiparts included.
  public static let partsMax = 1_000
  /// Multiparts inside multiparts.
  public static let depthMax = 50
}
