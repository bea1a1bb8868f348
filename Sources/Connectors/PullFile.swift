import BSON
import Glibc
import Ingestion
import YAML

/// The sources that the service asks by itself, as they are declared in a file of JSON, or of YAML
/// that says the same:
///
/// ```json
/// {"sources": [
///   {"name": "shop-orders", "type": "postgres", "kind": "orders", "dsn": "host=db dbname=shop user=reader",
///    "query": "SELECT …", "watermark": "changed_at", "rowKey": "orderId", "everySeconds": 10, "map": "orders.map.json"},
///   {"name": "care", "type": "imap", "server": "imaps://mail.example.com", "user": "care@example.com",
///    "passwordEnv": "CARE_PASSWORD"},
///   {"name": "users", "type": "mongodb", "kind": "customers", "uriEnv": "SHOP_URI", "database": "shop", "collection": "users",
///    "map": "users.map.json"},
///   {"name": "drops", "type": "files", "kind": "orders", "paths": ["/var/drops"]}
/// ]}
/// ```
/// Paths of mappings are relative to the file. Members that are not known are refused: they would be typing errors.
public struct PullFile: Sendable {
  /// One source.
  public struct Entry: Sendable {
    /// The name under which its position is kept.
    public let name: String
    /// How long to wait after its end was reached, or after the first of several failures.
    public let everySeconds: Int
    /// What to read.
    public let pull: any Pull
  }

  /// The sources, in the order of the file.
  public let entries: [Entry]

  init(_ entries: [Entry]) { self.entries = entries }

  /// Sources of one file.
  public static let entriesMax = 32
  private static let fileBytesMax = 1 << 20
  private static let everySecondsUsual = 10

  /// Reads a file: YAML by its name, else JSON.
  /// - Parameter environment: the value of a variable, for the secrets that stand there rather than in the file.
  public init(_ path: String, environment: (String) -> String?) throws(PullError) {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    var json = try Self.bytes(of: path)
    if YAMLDecoding.isYAML(path: path) {
      do throws(YAMLError) {
        json = try YAMLDecoding.json(ofMapping: json)
      } catch {
        throw .usage("\(path): \(error.message)")
      }
    }
    try self.init(parsing: json, folder: path.contains("/") ? folder + "/" : "", environment: environment)
  }

  /// Reads the JSON of a file.
  public init(parsing json: [UInt8], folder: String = "", environment: (String) -> String?) throws(PullError) {
    let document: BSONDocument
    do throws(JSONError) {
      document = try JSONDecoding.document(from: json.span)
    } catch {
      throw .usage("the sources are not JSON: \(error.detail) (byte \(error.offset))")
    }
    for element in document where element.key != "sources" {
      throw .usage("the sources have an unknown member \(element.key)")
    }
    guard let list = document.array("sources") else { throw .usage("the file of sources needs a list \"sources\"") }
    var entries: [Entry] = []
    for value in list {
      guard let source = value.documentValue else { throw .usage("each of the sources must be an object") }
      entries.append(try Self.entry(Members(source), folder, environment))
    }
    guard entries.count <= Self.entriesMax else { throw .usage("there are more than \(Self.entriesMax) sources") }
    for (index, entry) in entries.enumerated() where entries[..<index].contains(where: { $0.name == entry.name }) {
      throw .usage("two sources have the name \(entry.name)")
    }
    self.entries = entries
  }

  /// Whether a name can be that of a source.
  public static func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x5F
      }
  }

  private static func entry(
    _ given: Members, _ folder: String, _ environment: (String) -> String?
  ) throws(PullError) -> Entry {
    var members = given
    let name = try members.text("name")
    guard isName(name) else { throw .usage("the name of a source must be 1 to 64 letters, digits, '-' or '_'") }
    members.name = name
    let type = try members.text("type")
    let every = try members.number("everySeconds", in: 1...86_400) ?? everySecondsUsual
    let pull = try pull(of: type, &members, folder, environment)
    try members.refuseRest()
    return Entry(name: name, everySeconds: every, pull: pull)
  }

  private static func pull(
    of type: String, _ members: inout Members, _ folder: String, _ environment: (String) -> String?
  ) throws(PullError) -> any Pull {
    switch type {
    case "postgres":
      let kind = try members.kind()
      var pull = PostgresPull(
        dsn: try members.secret("dsn", environment), kind: kind, query: try members.text("query"),
        watermark: try members.text("watermark"), key: try members.text("rowKey"))
      pull.overlapSeconds = try members.number("overlapSeconds", in: 0...86_400) ?? pull.overlapSeconds
      pull.mapping = try members.mapping(kind, folder)
      return pull
    case "imap":
      return try IMAPPull(
        server: try members.text("server"), user: try members.text("user"),
        password: try members.secret("password", environment), mailbox: try members.optionalText("mailbox") ?? "INBOX",
        authorities: try members.optionalText("ca"), isPlain: try members.flag("plain"))
    case "mongodb":
      let kind = try members.kind()
      return MongoPull(
        uri: try members.secret("uri", environment), database: try members.text("database"),
        collection: try members.text("collection"), kind: kind, mapping: try members.mapping(kind, folder))
    case "files":
      let kind = try members.kind()
      return try FilePull(
        paths: try members.texts("paths"), kind: kind, mapping: try members.mappingFile(folder),
        settleSeconds: try members.number("settleSeconds", in: 1...86_400) ?? FilePull.settleSecondsUsual)
    default: throw .usage("the type of \(members.name) must be postgres, imap, mongodb or files")
    }
  }

  private static func bytes(of path: String) throws(PullError) -> [UInt8] {
    // The path is read during the call; the descriptor is closed below.
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .usage("cannot read \(path): errno \(errno)") }
    defer { close(file) }
    var bytes: [UInt8] = []
    while bytes.count <= fileBytesMax {
      var count = 0
      // read() writes no more than the capacity, and says how much it wrote.
      let chunk = unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, written in
        count = unsafe read(file, buffer.baseAddress, buffer.count)
        written = max(0, count)
      }
      guard count >= 0 else { throw .usage("cannot read \(path): errno \(errno)") }
      if chunk.isEmpty { return bytes }
      bytes += chunk
    }
    throw .usage("\(path) is too long for a file of sources")
  }
}

/// The members of one declared source; each is taken once, and what is left over was not known.
private struct Members {
  var name = "a source"
  private var rest: [String: BSONValue] = [:]

  init(_ document: BSONDocument) {
    for element in document { rest[element.key] = element.value }
  }

  mutating func optionalText(_ member: String) throws(PullError) -> String? {
    guard let value = rest.removeValue(forKey: member) else { return nil }
    guard let text = value.stringValue, !text.isEmpty else { throw .usage("\(member) of \(name) must be a text") }
    return text
  }

  mutating func text(_ member: String) throws(PullError) -> String {
    guard let text = try optionalText(member) else { throw .usage("\(member) of \(name) is missing") }
    return text
  }

  /// The text, or that of the variable that `<member>Env` names.
  mutating func secret(_ member: String, _ environment: (String) -> String?) throws(PullError) -> String {
    if let text = try optionalText(member) { return text }
    guard let variable = try optionalText("\(member)Env") else {
      throw .usage("\(member) or \(member)Env of \(name) is missing")
    }
    guard let value = environment(variable) else { throw .usage("the variable \(variable) of \(name) is not set") }
    return value
  }

  mutating func texts(_ member: String) throws(PullError) -> [String] {
    let values = rest.removeValue(forKey: member)?.arrayValue
    let texts = values?.compactMap(\.stringValue) ?? []
    guard !texts.isEmpty, texts.count == values?.count else {
      throw .usage("\(member) of \(name) must be a list of texts")
    }
    return texts
  }

  mutating func number(_ member: String, in range: ClosedRange<Int>) throws(PullError) -> Int? {
    guard let value = rest.removeValue(forKey: member) else { return nil }
    guard let number = value.intValue, range.contains(number) else {
      throw .usage("\(member) of \(name) must be \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  mutating func flag(_ member: String) throws(PullError) -> Bool {
    guard let value = rest.removeValue(forKey: member) else { return false }
    guard let flag = value.boolValue else { throw .usage("\(member) of \(name) must be true or false") }
    return flag
  }

  mutating func kind() throws(PullError) -> IngestKind {
    guard let kind = IngestKind(rawValue: try text("kind")) else {
      throw .usage("kind of \(name) must be one of \(IngestKind.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return kind
  }

  mutating func mappingFile(_ folder: String) throws(PullError) -> String? {
    try optionalText("map").map { $0.hasPrefix("/") ? $0 : folder + $0 }
  }

  mutating func mapping(_ kind: IngestKind, _ folder: String) throws(PullError) -> FieldMapping? {
    guard let file = try mappingFile(folder) else { return nil }
    return try FieldMapping(kind, file: file)
  }

  func refuseRest() throws(PullError) {
    if let unknown = rest.keys.min() { throw .usage("\(name) has an unknown member \(unknown)") }
  }
}
