// Signatures only, so that what stands above compiles until the driver is here. Delete this file with the first real one.
import BSON
public struct Deadline: Sendable { public static func after(milliseconds: Int) -> Deadline { .init() }; public var remainingMilliseconds: Int { 0 }; public var hasPassed: Bool { false } }
public enum MongoError: Error, Sendable { case unavailable, deadlineExceeded, duplicateKey, changeStreamHistoryLost, other }
public final class MongoDatabase: Sendable {
  public let name = ""
  public func collection(_ name: String) -> MongoCollection { .init(name: name) }
  public func run(_ command: BSONDocument, deadline: Deadline) throws(MongoError) -> BSONDocument { .init() }
  public func runAdmin(_ command: BSONDocument, deadline: Deadline) throws(MongoError) -> BSONDocument { .init() }
  public func watch(collections: [String], resumeAfter: BSONDocument?) throws(MongoError) -> ChangeStream { .init() }
}
public final class ChangeStream { public func next(maxAwaitMilliseconds: Int) throws(MongoError) -> BSONDocument? { nil }; public var resumeToken: BSONDocument? { nil } }
public struct FindOptions { public init(sort: BSONDocument? = nil, projection: BSONDocument? = nil, limit: Int? = nil, batchSize: Int? = nil, majority: Bool = false) {} }
public struct InsertResult { public var insertedCount = 0; public var failures: [(index: Int, code: Int, message: String)] = []; public var duplicateIndexes: [Int] = [] }
public struct WriteResult { public var matchedCount = 0; public var upsertedCount = 0; public var deletedCount = 0 }
public struct IndexDefinition: Sendable { public init(keys: BSONDocument, name: String) {} }
public enum WriteStatement { case update(filter: BSONDocument, update: BSONDocument, upsert: Bool, multi: Bool), updatePipeline(filter: BSONDocument, pipeline: [BSONDocument], upsert: Bool), replace(filter: BSONDocument, with: BSONDocument, upsert: Bool), delete(filter: BSONDocument, multi: Bool) }
public struct MongoCollection: Sendable {
  public let name: String
  public func insert(_ documents: [BSONDocument], deadline: Deadline) throws(MongoError) -> InsertResult { .init() }
  public func findOne(_ filter: BSONDocument, _ options: FindOptions = .init(), deadline: Deadline) throws(MongoError) -> BSONDocument? { nil }
  public func find(_ filter: BSONDocument, _ options: FindOptions = .init(), deadline: Deadline) throws(MongoError) -> [BSONDocument] { [] }
  public func find(_ filter: BSONDocument, _ options: FindOptions = .init(), deadline: Deadline, _ body: (borrowing Span<UInt8>) throws -> Bool) throws {}
  public func aggregate(_ pipeline: [BSONDocument], deadline: Deadline, _ body: (borrowing Span<UInt8>) throws -> Bool) throws {}
  public func write(_ statements: [WriteStatement], ordered: Bool = false, deadline: Deadline) throws(MongoError) -> WriteResult { .init() }
  public func findAndModify(filter: BSONDocument, update: BSONDocument, upsert: Bool, returnNew: Bool, deadline: Deadline) throws(MongoError) -> BSONDocument? { nil }
  public func count(_ filter: BSONDocument, deadline: Deadline) throws(MongoError) -> Int { 0 }
  public func drop(deadline: Deadline) throws(MongoError) {}
  public func createIndexes(_ indexes: [IndexDefinition], deadline: Deadline) throws(MongoError) {}
}
