import BSON
import Ingestion
import Locks
import Store
import Testing

@testable import Connectors

@Suite(.enabled(if: PostgresServer.isThere, "PostgreSQL's server is not installed, or this is not root"), .serialized)
struct PostgresPullTests {
  private let bench: Bench
  init() throws { bench = try Bench() }

  private func orders(_ table: String, chunk: Int = 1_000) throws -> PostgresPull {
    var pull = PostgresPull(
      dsn: try PostgresServer.dsn, kind: .orders,
      query: """
        SELECT id AS "orderId", customer AS "userId", placed_at AS "orderDate", total AS "orderTotal", changed_at, tags, more
        FROM \(table);
        """, watermark: "changed_at", key: "orderId")
    pull.chunkRows = chunk
    return pull
  }

  private func fill(_ table: String, rows: Int) throws {
    try PostgresServer.sql(
      """
      CREATE TABLE \(table) (id text PRIMARY KEY, customer text, placed_at timestamptz, total numeric(14,4), changed_at timestamptz,
        tags text[], more jsonb);
      INSERT INTO \(table) SELECT 'o' || n, 'u' || n % 7, '2024-03-01 08:00+02', n + 0.0625, '2024-03-01'::timestamptz + n / 3 * \
      interval '1 second', ARRAY['a', 'b "c"'], '{"deep": {"n": 1.50}}' FROM generate_series(1, \(rows)) n
      """)
  }

  private func count() throws -> Int {
    var count = 0
    try bench.store.orders.forEach(deadline: bench.deadline) { _ in count += 1 }
    return count
  }

  @Test func `types arrive as they are`() throws {
    try fill("typed", rows: 1)
    var ledger = try bench.ledger("typed", type: "postgres", kind: .orders)
    try orders("typed").run(&ledger, progress: { _ in })
    let order = try #require(try bench.store.orders.find(id: "o1", deadline: bench.deadline))
    #expect(order.double("orderTotal") == 1.0625)
    #expect(order.string("userId") == "u1")
    #expect(order.date("orderDate")?.millisecondsSince1970 == 1_709_272_800_000)
    let more = try #require(order.document("attributes"))
    #expect(more.array("tags")?.compactMap(\.stringValue) == ["a", "b \"c\""])
    #expect(more.document("more")?.document("deep")?.double("n") == 1.5)
  }

  @Test func `rows with one watermark are cut nowhere, and a second run brings what changed`() throws {
    try fill("copied", rows: 250)
    var ledger = try bench.ledger("copied", type: "postgres", kind: .orders)
    try orders("copied", chunk: 10).run(&ledger, progress: { _ in })
    #expect(ledger.source.received == 250 && ledger.source.accepted == 250)
    #expect(try count() == 250)
    try PostgresServer.sql(
      "UPDATE copied SET total = 9, changed_at = '2024-04-01' WHERE id = 'o7'; "
        + "INSERT INTO copied VALUES ('new', 'u1', now(), 1, '2024-04-02')")
    var again = try bench.ledger("copied", type: "postgres", kind: .orders)
    try orders("copied", chunk: 10).run(&again, progress: { _ in })
    #expect(again.source.accepted == 252)
    #expect(try count() == 251)
    #expect(try bench.store.orders.find(id: "o7", deadline: bench.deadline)?.double("orderTotal") == 9)
  }

  @Test func `a run that was cut off behind a piece loses and doubles nothing`() throws {
    try fill("cut", rows: 95)
    var ledger = try bench.ledger("cut", type: "postgres", kind: .orders)
    try orders("cut", chunk: 10).run(&ledger, progress: { _ in })
    // As if the process had ended after a piece was stored and before its position was.
    for position in [("2024-03-01 00:00:13+00", "o39"), ("2024-03-01 00:00:31+00", "o93")] {
      var source = try #require(try bench.store.pullSource("cut", deadline: bench.deadline))
      source.position = BSONDocument {
        $0.append("watermark", position.0)
        $0.append("key", position.1)
        $0.append("columns", "changed_at,orderId")
        $0.append("query", source.position.string("query") ?? "")
      }
      try bench.store.setPullSource(source, at: WallClock.now(), deadline: bench.deadline)
      var again = try bench.ledger("cut", type: "postgres", kind: .orders)
      try orders("cut", chunk: 10).run(&again, progress: { _ in })
      #expect(again.source.accepted == 95)
      #expect(again.source.position.string("key") == "o95")
    }
    #expect(try count() == 95)
  }

  @Test(arguments: [7, 50])
  func `of rows that make one item the last in order stays, however many pieces are under way`(chunk: Int) throws {
    try PostgresServer.sql(
      """
      CREATE TABLE lines\(chunk) (line int PRIMARY KEY, id text, total numeric, changed_at timestamptz);
      INSERT INTO lines\(chunk) SELECT n, 'o' || n % 9, n, '2024-03-01'::timestamptz + n * interval '1 second'
        FROM generate_series(1, 400) n
      """)
    var pull = PostgresPull(
      dsn: try PostgresServer.dsn, kind: .orders,
      query: """
        SELECT line, id AS "orderId", '2024-03-01' AS "orderDate", total AS "orderTotal", changed_at FROM lines\(chunk)
        """,
      watermark: "changed_at", key: "line")
    pull.chunkRows = chunk
    var ledger = try bench.ledger("lines\(chunk)", type: "postgres", kind: .orders)
    try pull.run(&ledger, progress: { _ in })
    #expect(ledger.source.received == 400 && ledger.source.accepted == 400)
    for number in 392...400 {
      let order = try #require(try bench.store.orders.find(id: "o\(number % 9)", deadline: bench.deadline))
      #expect(order.double("orderTotal") == Double(number))
    }
  }

  @Test func `a run that is asked to stop has stored what it says, and goes on from there`() throws {
    try fill("stopped", rows: 200)
    let pieces = Guarded(0)
    var ledger = try PullLedger(
      name: "stopped", type: "postgres", kind: "orders", store: bench.store, ingestor: Ingestor(store: bench.store),
      clock: WallClock.now, refused: { _ in }, isStopping: { pieces.withLock { $0 } >= 60 })
    try orders("stopped", chunk: 10).run(&ledger, progress: { received in pieces.withLock { $0 = received } })
    let stored = try #require(try bench.store.pullSource("stopped", deadline: bench.deadline))
    #expect(stored.received == 60 && stored.position.string("key") == "o60" && stored.lastSuccessAt == nil)
    #expect(try count() == 60)
    var again = try bench.ledger("stopped", type: "postgres", kind: .orders)
    try orders("stopped", chunk: 10).run(&again, progress: { _ in })
    #expect(try count() == 200 && again.source.accepted == 200)
  }

  @Test func `a row that was committed late is found, one without a watermark is told`() throws {
    try fill("late", rows: 9)
    var ledger = try bench.ledger("late", type: "postgres", kind: .orders)
    try orders("late").run(&ledger, progress: { _ in })
    try PostgresServer.sql(
      "INSERT INTO late VALUES ('behind', 'u1', now(), 1, '2024-03-01 00:00:01+00'), ('none', 'u1', now(), 1, NULL)")
    try orders("late").run(&ledger, progress: { _ in })
    #expect(ledger.source.remark?.hasPrefix("1 rows") == true)
    #expect(try bench.store.orders.find(id: "behind", deadline: bench.deadline) != nil)
    #expect(try count() == 10)
  }

  @Test func `a refused row is kept with its reason and holds up nobody`() throws {
    try fill("refused", rows: 3)
    try PostgresServer.sql("UPDATE refused SET total = -1 WHERE id = 'o2'")
    var ledger = try bench.ledger("refused", type: "postgres", kind: .orders)
    try orders("refused").run(&ledger, progress: { _ in })
    #expect(ledger.source.accepted == 2 && ledger.source.rejected == 1)
    let refusal = try #require(bench.refusals.withLock { $0 }.first)
    #expect(refusal.id == "o2" && refusal.field == "orderTotal" && refusal.code == "out_of_range")
    #expect(String(decoding: refusal.item, as: UTF8.self).contains("\"orderId\":\"o2\""))
  }

  @Test func `what cannot be read is told`() throws {
    var ledger = try bench.ledger("wrong", type: "postgres", kind: .orders)
    #expect(throws: PullError.self) { try orders("no_such_table").run(&ledger, progress: { _ in }) }
    var away = try orders("typed")
    away.dsn = "host=/nowhere user=nobody"
    #expect(throws: PullError.self) { try away.run(&ledger, progress: { _ in }) }
  }
}
