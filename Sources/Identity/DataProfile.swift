import BSON
import Store

/// What the data of each source are like, field by field: how complete, how valid, how distinct, what occurs most, and where sources contradict
/// each other about one customer. Fed one customer at a time; memory depends on sources and fields alone, about 20 KB for each pair.
public struct DataProfile: Sendable {
  /// Sources that are told apart at the most; what further ones say counts under `other`.
  public static let sourcesMax = 100
  /// Most frequent values of a field that are listed.
  static let topMax = 10

  /// The fields that are looked at.
  public static let fields = [
    "firstName", "lastName", "email", "phone", "birthDate", "loyaltyId", "userId", "address.street", "address.city",
    "address.region", "address.postalCode", "address.country",
  ]

  /// One field of one source.
  private struct Cell: Sendable {
    var filled = 0
    var valid = 0
    var compared = 0
    var conflicts = 0
    var distinct = DistinctCount()
    var frequent = FrequentValues()
  }

  private let rules: IdentityRules
  private var cells: [ByteString: [Cell]] = [:]
  private var records: [ByteString: Int] = [:]
  /// Customers that have been added.
  public private(set) var customers = 0

  /// An empty profile. Rules say what is blocked and how telephone numbers are completed.
  public init(rules: IdentityRules) { self.rules = rules }

  /// Adds the records of one customer.
  public mutating func add(_ documents: [BSONDocument]) {
    customers += 1
    let sources = documents.map { source($0.string("source") ?? "") }
    for (document, source) in zip(documents, sources) {
      records[source, default: 0] += 1
      if cells[source] == nil { cells[source] = Self.fields.map { _ in Cell() } }
      for (index, field) in Self.fields.enumerated() {
        guard let text = Self.text(field, document) else { continue }
        let plain = plain(field, text)
        cells[source]?[index].filled += 1
        if plain != nil { cells[source]?[index].valid += 1 }
        let value = ByteString(plain ?? text)
        cells[source]?[index].distinct.add(Self.hash(value))
        cells[source]?[index].frequent.add(value)
      }
    }
    if documents.count > 1 { compare(documents, sources) }
  }

  /// A source's value conflicts when another record of the customer has another value, normalized.
  private mutating func compare(_ documents: [BSONDocument], _ sources: [ByteString]) {
    for (index, field) in Self.fields.enumerated() {
      let values = documents.map { document in
        Self.text(field, document).map { ByteString(plain(field, $0) ?? $0) }
      }
      for (position, value) in values.enumerated() {
        guard let value else { continue }
        let others = values.enumerated().filter { $0.offset != position }.compactMap(\.element)
        guard !others.isEmpty else { continue }
        cells[sources[position]]?[index].compared += 1
        if others.contains(where: { $0 != value }) { cells[sources[position]]?[index].conflicts += 1 }
      }
    }
  }

  private func source(_ name: String) -> ByteString {
    let name = ByteString(name)
    return cells[name] != nil || cells.count < Self.sourcesMax ? name : ByteString("other")
  }

  // MARK: Values

  private static func text(_ field: String, _ document: BSONDocument) -> String? {
    let parts = field.split(separator: ".")
    let text =
      parts.count == 2 ? document.document(String(parts[0]))?.string(String(parts[1])) : document.string(field)
    guard let text, text.utf8.contains(where: { $0 > 0x20 }) else { return nil }
    return text
  }

  /// The value as it is compared; nil when it is none that the field can have, or stands for nobody.
  private func plain(_ field: String, _ text: String) -> String? {
    func identifier(_ type: IdentifierType) -> String? {
      guard let identifier = Identifier(type, text, region: rules.normalization.region), !rules.isBlocked(identifier)
      else {
        return nil
      }
      return identifier.value
    }
    switch field {
    case "email": return identifier(.email)
    case "phone": return identifier(.phone)
    case "loyaltyId": return identifier(.loyalty)
    case "userId": return identifier(.user)
    case "birthDate": return Self.isDay(text) ? text : nil
    case "firstName", "lastName", "address.city":
      let folded = FoldedName.fold(text)
      let word = String(decoding: folded, as: UTF8.self)
      return folded.contains { $0 >= 97 && $0 <= 122 || $0 >= 0x80 } && !Self.nobody.contains(word) ? word : nil
    default:
      let words = text.lowercased().split { $0 == " " || $0 == "\t" }.joined(separator: " ")
      let says = words.utf8.contains { $0 >= 0x80 || $0 &- 48 < 10 || $0 &- 97 < 26 }
      return says && !Self.nobody.contains(words) ? words : nil
    }
  }

  private static let nobody: Set<String> = ["test", "unknown", "null", "none", "na", "nn", "anonymous", "xxx"]

  /// `yyyy-mm-dd`, a day of the calendar since 1900.
  private static func isDay(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard bytes.count >= 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
      let date = BSONDate(rfc3339: String(decoding: bytes.prefix(10), as: UTF8.self) + "T00:00:00Z")
    else { return false }
    return date.millisecondsSince1970 >= -2_208_988_800_000
  }

  private static func hash(_ value: ByteString) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in value.string.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    // The finalizer of SplitMix64: every bit reaches every bit.
    var z = hash &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  // MARK: The report

  /// `{customers, records, sources: [{source, records, fields: [{field, filled, completeness, validity, distinct, distinctness, conflicts,
  /// conflictRate, top: [{value, count}]}]}]}`; shares are of the records that have the field, completeness of all.
  public var document: BSONDocument {
    BSONDocument { writer in
      writer.append("customers", customers)
      writer.append("records", records.values.reduce(0, +))
      writer.append(
        "sources",
        array: { list in
          for (source, cells) in cells.sorted(by: { $0.key < $1.key }) {
            let count = records[source] ?? 0
            list.append(document: { entry in
              entry.append("source", source.string)
              entry.append("records", count)
              entry.append("fields", zip(Self.fields, cells).map { Self.document($0, $1, of: count) })
            })
          }
        })
    }
  }

  private static func document(_ field: String, _ cell: Cell, of records: Int) -> BSONDocument {
    func share(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }
    let distinct = min(cell.filled, cell.distinct.estimate)
    return BSONDocument { writer in
      writer.append("field", field)
      writer.append("filled", cell.filled)
      writer.append("completeness", share(cell.filled, records))
      writer.append("validity", share(cell.valid, cell.filled))
      writer.append("distinct", distinct)
      writer.append("distinctness", share(distinct, cell.filled))
      writer.append("compared", cell.compared)
      writer.append("conflicts", cell.conflicts)
      writer.append("conflictRate", share(cell.conflicts, cell.compared))
      writer.append(
        "top",
        cell.frequent.top(topMax).map { entry in
          BSONDocument {
            $0.append("value", entry.value.string)
            $0.append("count", entry.count)
          }
        })
    }
  }
}
