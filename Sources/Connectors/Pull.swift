import BSON
import Ingestion
import LoadClient

/// A source that is asked, by a command or by a worker of the service.
public protocol Pull: Sendable {
  /// `postgres`, `imap`, `mongodb` or `files`.
  var type: String { get }
  /// What its items are.
  var kind: IngestKind { get }

  /// Reads what lies past the ledger's position, piece by piece, until there is no more or the ledger says to stop; a source that
  /// tells of changes by itself goes on while the ledger follows. `progress` is called after each piece with the items of this run.
  func run(_ ledger: inout PullLedger, progress: (Int) -> Void) throws(PullError)
}

extension Pull {
  /// The items of JSON objects, one after the other.
  func decoded(
    _ items: [[UInt8]], _ decoder: BatchDecoder, receivedAt: BSONDate
  ) throws(PullError) -> [DecodedItem] {
    var body = [UInt8(ascii: "[")]
    for (index, item) in items.enumerated() {
      if index > 0 { body.append(UInt8(ascii: ",")) }
      body += item
    }
    body.append(UInt8(ascii: "]"))
    do throws(IngestError) {
      return try decoder.decode(kind, body, as: .json, receivedAt: receivedAt)
    } catch {
      throw .ingest(error)
    }
  }
}

/// What fields of a source mean to us.
public struct FieldMapping: Sendable {
  private let mapper: DocumentMapper

  /// A mapping for items of a kind, of the form that `customer360 load --map` takes.
  public init(_ kind: IngestKind, parsing json: [UInt8]) throws(PullError) {
    do throws(LoadError) {
      mapper = DocumentMapper(LoadKind(rawValue: kind.rawValue) ?? .events, try ColumnMapping(parsing: json))
    } catch {
      throw .usage(error.message)
    }
  }

  /// The same from a file.
  public init(_ kind: IngestKind, file: String) throws(PullError) {
    do throws(LoadError) {
      mapper = DocumentMapper(LoadKind(rawValue: kind.rawValue) ?? .events, try ColumnMapping(file: file))
    } catch {
      throw .usage(error.message)
    }
  }

  /// An object in our form.
  func json(_ document: BSONDocument) -> [UInt8] { mapper.json(document) }
}
