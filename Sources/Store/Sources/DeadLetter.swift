import BSON

/// Something well-formed that could not be applied, kept until somebody replays or deletes it.
public struct DeadLetter: Sendable {
  /// Where a letter comes from.
  public enum Origin: String, Sendable, CaseIterable {
    /// A message that Pub/Sub pushed and would push for ever.
    case pubsub
    /// A source that the projection fails on.
    case projection
    /// A customer record that scored matching fails on.
    case matching
    /// An item that a pull source gives and that is refused.
    case pull
  }

  /// Made of origin and item, so that a second failure of the same item is the same letter.
  public let id: String
  /// Where it comes from.
  public let origin: Origin
  /// What kind of thing it is: `events`, `orders`, …, or for the projection `subject_day`, `record`, `link` or `decision`.
  public let kind: String
  /// The item's own id.
  public let itemId: String
  /// Why it could not be applied: a stable code.
  public let code: String
  /// The field at fault.
  public let field: String?
  /// The item as it came.
  public let content: [UInt8]
  /// What stood around the item and is needed to replay it.
  public let context: BSONDocument
  /// When it failed for the first time; set by the collection.
  public let firstAt: BSONDate?
  /// When it failed last; set by the collection.
  public let lastAt: BSONDate?
  /// How often it failed; set by the collection.
  public let attempts: Int

  /// A letter to be kept.
  public init(
    origin: Origin, kind: String, itemId: String, code: String, field: String? = nil, content: [UInt8] = [],
    context: BSONDocument = BSONDocument()
  ) {
    id = Digest.identifier(prefix: "dl_", origin.rawValue, kind, itemId)
    self.origin = origin
    self.kind = kind
    self.itemId = itemId
    self.code = code
    self.field = field
    self.content = content
    self.context = context
    (firstAt, lastAt, attempts) = (nil, nil, 0)
  }

  init?(_ document: BSONDocument) {
    guard let id = document.string("_id"), let origin = document.string("origin").flatMap(Origin.init),
      let kind = document.string("kind"), let itemId = document.string("itemId"), let code = document.string("code")
    else { return nil }
    self.id = id
    self.origin = origin
    self.kind = kind
    self.itemId = itemId
    self.code = code
    field = document.string("field")
    content = document.binary("content")?.bytes ?? []
    context = document.document("context") ?? BSONDocument()
    firstAt = document.date("firstAt")
    lastAt = document.date("lastAt")
    attempts = document.int("attempts") ?? 1
  }
}
