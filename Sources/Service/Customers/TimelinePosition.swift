import BSON
import Store

/// The place of an entry in a timeline: newest first, of one moment events before orders before interactions, of one kind the higher id first.
struct TimelinePosition {
  /// What an entry is; the raw values stand in cursors and in answers.
  enum Kind: String {
    case event, order, interaction

    fileprivate var rank: Int {
      switch self {
      case .event: 0
      case .order: 1
      case .interaction: 2
      }
    }
  }

  let time: BSONDate
  let kind: Kind
  let id: String

  init(time: BSONDate, kind: Kind, id: String) {
    self.time = time
    self.kind = kind
    self.id = id
  }

  /// Reads what `document` wrote.
  init?(_ document: BSONDocument) {
    guard let time = document.date("t"), let kind = document.string("k").flatMap(Kind.init(rawValue:)),
      let id = document.string("i")
    else { return nil }
    self.init(time: time, kind: kind, id: id)
  }

  /// The position as it stands in a cursor.
  var document: BSONDocument {
    BSONDocument {
      $0.append("t", time)
      $0.append("k", kind.rawValue)
      $0.append("i", id)
    }
  }

  /// What of the entries of a kind comes after this position.
  func bound(of other: Kind) -> TimelineBound {
    if other == kind { return TimelineBound(time: time, ties: .below(id)) }
    return TimelineBound(time: time, ties: other.rank > kind.rank ? .all : .none)
  }

  func comesBefore(_ other: TimelinePosition) -> Bool {
    if time != other.time { return time > other.time }
    if kind != other.kind { return kind.rank < other.kind.rank }
    return other.id.utf8.lexicographicallyPrecedes(id.utf8)
  }
}

/// One entry of a timeline.
enum TimelineEntry {
  case event(EventGroup)
  case order(SourceEntry)
  case interaction(SourceEntry)

  var position: TimelinePosition {
    switch self {
    case .event(let event): TimelinePosition(time: event.time, kind: .event, id: event.eventId)
    case .order(let order): TimelinePosition(time: order.time, kind: .order, id: order.id)
    case .interaction(let interaction):
      TimelinePosition(time: interaction.time, kind: .interaction, id: interaction.id)
    }
  }

  /// The event, order or interaction alone.
  var content: BSONDocument {
    switch self {
    case .event(let event): event.document
    case .order(let order): order.document
    case .interaction(let interaction): interaction.document
    }
  }

  /// `{type, at, id, event}` `{type, at, id, order}` or `{type, at, id, interaction}`.
  var document: BSONDocument {
    BSONDocument {
      $0.append("type", position.kind.rawValue)
      $0.append("at", position.time)
      $0.append("id", position.id)
      $0.append(position.kind.rawValue, content)
    }
  }
}
