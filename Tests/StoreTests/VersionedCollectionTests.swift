import BSON
import MongoDB
import MongoTesting
import Testing

@testable import Store

@Suite struct VersionedCollectionTests {
  private let store: Store

  init() throws {
    store = Store(try TestDatabase.fresh())
    try store.prepare(deadline: .ofTest)
  }

  private func item(_ id: String, price: Int, at: Int64? = nil) -> VersionedItem {
    let updatedAt = at.map(BSONDate.init(millisecondsSince1970:))
    let content = BSONDocument { writer in
      writer.append("productId", id)
      writer.append("price", price)
      if let updatedAt { writer.append("updatedAt", updatedAt) }
    }
    return VersionedItem(id: id, content: content, updatedAt: updatedAt)
  }

  private func upsert(_ items: VersionedItem...) throws -> [Acknowledgement] {
    try store.products.upsert(items, deadline: .ofTest)
  }

  private func price(_ id: String) throws -> Int? {
    try store.products.find(id: id, deadline: .ofTest)?.int("price")
  }

  @Test func `equal content is a duplicate, other content a new version`() throws {
    #expect(try upsert(item("P", price: 1)) == [.accepted])
    #expect(try upsert(item("P", price: 1)) == [.duplicate])
    #expect(try upsert(item("P", price: 2)) == [.accepted])
    #expect(try store.products.find(id: "P", deadline: .ofTest)?.int("version") == 2)
  }

  @Test func `a price that goes back to what it was is news`() throws {
    _ = try upsert(item("P", price: 1))
    _ = try upsert(item("P", price: 2))
    #expect(try upsert(item("P", price: 1)) == [.accepted])
    #expect(try price("P") == 1)
  }

  @Test func `a batch that holds one id several times ends with the last, and sent again changes nothing`() throws {
    let batch = [item("P", price: 1), item("P", price: 2), item("Q", price: 5), item("P", price: 3)]
    #expect(try store.products.upsert(batch, deadline: .ofTest) == Array(repeating: .accepted, count: 4))
    #expect(try price("P") == 3)
    #expect(try store.products.upsert(batch, deadline: .ofTest) == Array(repeating: .duplicate, count: 4))
    #expect(try store.products.find(id: "P", deadline: .ofTest)?.int("version") == 3)
  }

  @Test func `an older version is kept and changes nothing else`() throws {
    _ = try upsert(item("P", price: 2, at: 20))
    #expect(try upsert(item("P", price: 1, at: 10)) == [.accepted])
    #expect(try price("P") == 2)
    #expect(try upsert(item("P", price: 1, at: 10)) == [.duplicate])
  }

  @Test func `what is deleted is not found, and can come back`() throws {
    _ = try upsert(item("P", price: 1))
    #expect(try store.products.delete(id: "P", deadline: .ofTest))
    #expect(try price("P") == nil)
    #expect(try !store.products.delete(id: "P", deadline: .ofTest))
    #expect(try upsert(item("P", price: 1)) == [.accepted])
    #expect(try price("P") == 1)
  }
}

@Suite struct LeaseTests {
  private let store: Store

  init() throws { store = Store(try TestDatabase.fresh()) }

  private func acquire(_ owner: String, milliseconds: Int = 60_000) throws -> Lease? {
    try store.acquireLease("work", owner: owner, milliseconds: milliseconds, deadline: .ofTest)
  }

  @Test func `one owner at a time`() throws {
    #expect(try acquire("a") != nil)
    #expect(try acquire("b") == nil)
    #expect(try acquire("a") != nil)
  }

  @Test func `a lease that ran out or was given back is free`() throws {
    #expect(try acquire("a", milliseconds: -1) != nil)
    let lease = try #require(try acquire("b"))
    try store.releaseLease(lease, deadline: .ofTest)
    #expect(try acquire("c") != nil)
  }

  @Test func `an owner who is asked for the lease cannot renew it`() throws {
    let lease = try #require(try acquire("a"))
    try store.requestLease("work", for: "b", deadline: .ofTest)
    #expect(try acquire("a") == nil)
    try store.releaseLease(lease, deadline: .ofTest)
    #expect(try acquire("b") != nil)
    #expect(try acquire("b") != nil)
  }
}
