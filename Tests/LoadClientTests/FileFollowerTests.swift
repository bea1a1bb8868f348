import Glibc
import Testing

@testable import LoadClient

@Suite struct FileFollowerTests {
  private let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func follower(
    _ kind: LoadKind, _ positions: FilePositions = FilePositions(), mapping: ColumnMapping? = nil, itemsMax: Int = 1_000
  ) -> FileFollower {
    FileFollower(
      paths: [folder.path], kind: kind, mapping: mapping, settleMs: 1_000, positions: positions, itemsMax: itemsMax)
  }

  /// The items of all pieces that are there now, and the positions behind the last.
  private func read(
    _ follower: inout FileFollower, at nowMs: Int = 0
  ) throws -> (items: [String], positions: FilePositions?) {
    var items: [String] = []
    var positions: FilePositions?
    while let piece = try follower.next(nowMs: nowMs) {
      items += (0..<piece.itemCount).map { String(decoding: piece.original($0), as: UTF8.self) }
      positions = piece.positions
    }
    return (items, positions)
  }

  private func append(_ text: String, to name: String) throws {
    let file = try OutputFile(creating: folder.path + "/" + name, appending: true)
    try file.write(Array(text.utf8))
  }

  @Test func `a file that grows is read on, a partial last line waits`() throws {
    try append("{\"a\":1}\n{\"a\":2}\n{\"a\":", to: "x.ndjson")
    var first = follower(.orders)
    let begin = try read(&first)
    #expect(begin.items == ["{\"a\":1}", "{\"a\":2}"])
    #expect(try read(&first, at: 500).items.isEmpty)
    try append("3}\n", to: "x.ndjson")
    let next = try read(&first, at: 600)
    #expect(next.items == ["{\"a\":3}"])
    // A restart goes on where the stored positions say.
    let stored = FilePositions(try #require(next.positions).document)
    var second = follower(.orders, stored)
    #expect(try read(&second).items.isEmpty)
    try append("{\"a\":4}\n", to: "x.ndjson")
    try append("{\"a\":5}\n", to: "y.ndjson")
    #expect(try read(&second).items == ["{\"a\":4}", "{\"a\":5}"])
    // As after a kill before the second piece was stored: nothing is lost.
    var third = follower(.orders, FilePositions(try #require(begin.positions).document))
    #expect(try read(&third).items == ["{\"a\":3}", "{\"a\":4}", "{\"a\":5}"])
  }

  @Test func `a last line without an end is read once the file has not changed for a while`() throws {
    try append("{\"a\":1}\n{\"a\":2}", to: "x.ndjson")
    var follower = follower(.orders)
    #expect(try read(&follower, at: 0).items == ["{\"a\":1}"])
    #expect(try read(&follower, at: 900).items.isEmpty)
    #expect(try read(&follower, at: 1_100).items == ["{\"a\":2}"])
    #expect(try read(&follower, at: 9_000).items.isEmpty)
  }

  @Test func `rows keep their header over pieces and restarts, quoted line ends are inside`() throws {
    try append("orderId,orderDate,orderTotal,note\no1,2024-03-01,1,\"two\nlines\"\no2,2024-03-01,2,\"half", to: "x.csv")
    var first = follower(.orders, itemsMax: 2)
    let begin = try read(&first)
    #expect(begin.items == ["o1,2024-03-01,1,\"two\nlines\""])
    try append(" \"\"done\"\"\"\no3,2024-03-01,3,\n", to: "x.csv")
    var second = follower(.orders, FilePositions(try #require(begin.positions).document))
    var bodies = ""
    while let piece = try second.next(nowMs: 0) { bodies += String(decoding: piece.body, as: UTF8.self) }
    #expect(bodies.contains("\"orderId\":\"o2\"") && bodies.contains("half \\\"done\\\"") && bodies.contains("\"o3\""))
    #expect(!bodies.contains("\"o1\"") && !bodies.contains("orderDate\":\"orderDate"))
  }

  @Test func `equal rows without an id stay several over a restart`() throws {
    try append("userId,orderDate,orderTotal\nu1,2024-03-01,5\n", to: "x.csv")
    var first = follower(.orders)
    let piece = try #require(try first.next(nowMs: 0))
    try append("u1,2024-03-01,5\n", to: "x.csv")
    var second = follower(.orders, FilePositions(piece.positions.document))
    let again = try #require(try second.next(nowMs: 0))
    let bodies = [piece.body, again.body].map { String(decoding: $0, as: UTF8.self) }
    #expect(bodies[0].contains("\"orderId\":\"row-") && bodies[1].contains("-2\""))
  }

  @Test func `a renamed file is not read again, a replaced one is`() throws {
    try append("{\"a\":1}\n", to: "x.ndjson")
    var follower = follower(.orders)
    #expect(try read(&follower).items.count == 1)
    // Both paths live through the call.
    let renamed = unsafe rename(folder.path + "/x.ndjson", folder.path + "/z.ndjson")
    #expect(renamed == 0)
    #expect(try read(&follower).items.isEmpty)
    try append("{\"a\":2}\n", to: "x.ndjson")
    #expect(try read(&follower).items == ["{\"a\":2}"])
    try OutputFile(creating: folder.path + "/z.ndjson").write(Array("{\"b\":1}\n{\"b\":2}\n".utf8))
    #expect(try read(&follower).items == ["{\"b\":1}", "{\"b\":2}"])
  }

  @Test func `an array waits until it is whole, and is read once`() throws {
    try append("[{\"a\":1},{\"a\":2}", to: "x.json")
    var follower = follower(.orders)
    #expect(try read(&follower, at: 0).items.isEmpty)
    // Settled, but not an array yet: said, and tried again when it changes.
    _ = try read(&follower, at: 1_100)
    #expect(!follower.problems.isEmpty)
    try append("]", to: "x.json")
    #expect(try read(&follower, at: 1_200).items.isEmpty)
    #expect(try read(&follower, at: 2_300).items == ["{\"a\":1}", "{\"a\":2}"])
    #expect(try read(&follower, at: 9_000).items.isEmpty)
  }

  @Test func `objects of a foreign shape are mapped: renamed, set, split, scaled`() throws {
    let mapping = try ColumnMapping(
      parsing: Array(
        #"""
        {"columns": {"_id": "orderId", "who.mail": "email", "at": "orderDate", "cents": "orderTotal", "secret": null},
         "constants": {"currency": "EUR"}, "lists": {"tags": "|"}, "scales": {"cents": 0.01}}
        """#.utf8))
    try append(
      #"{"_id":"o1","who":{"mail":"a@x.org","age":7},"at":"2024-03-01","cents":1999,"tags":"a|b","secret":1}"# + "\n",
      to: "x.ndjson")
    var follower = follower(.orders, mapping: mapping)
    let piece = try #require(try follower.next(nowMs: 0))
    #expect(
      String(decoding: piece.body, as: UTF8.self)
        == #"{"orderId":"o1","email":"a@x.org","attributes":{"who.age":7,"tags":["a","b"]},"orderDate":"2024-03-01","#
        + #""orderTotal":19.99,"currency":"EUR"}"# + "\n")
  }
}
