import BSON
import Foundation
import Ingestion
import Store
import Testing

@testable import Connectors

@Suite(.enabled(if: DovecotServer.isThere, "Dovecot is not installed, or this is not root"), .serialized)
struct IMAPPullTests {
  private let bench: Bench
  init() throws { bench = try Bench() }

  private func pull(tls: Bool = true, password: String = "secret") throws -> IMAPPull {
    let server = try DovecotServer.running
    return try IMAPPull(
      server: tls ? "imaps://localhost:\(server.tlsPort)" : "imap://127.0.0.1:\(server.port)", user: "care",
      password: password,
      authorities: tls ? server.authority : nil, isPlain: !tls)
  }

  private func message(_ id: String, _ text: String) -> String {
    "From: Ada <ada@example.com>\r\nSubject: Hello\r\nDate: Fri, 1 Mar 2024 08:00:00 +0000\r\nMessage-ID: <\(id)@example.com>\r\n"
      + "\r\n\(text)\r\n\r\n> quoted\r\n"
  }

  private func count() throws -> Int {
    var count = 0
    try bench.store.interactions.forEach(deadline: bench.deadline) { _ in count += 1 }
    return count
  }

  @Test func `messages come once, stay unread, and a mailbox that begins anew is read anew`() throws {
    for number in 1...150 { try DovecotServer.deliver("a\(number)", message("a\(number)", "Message \(number).")) }
    var ledger = try bench.ledger("care", type: "imap", kind: .interactions)
    try pull().run(&ledger, progress: { _ in })
    #expect(ledger.source.accepted == 150)
    #expect(try count() == 150)
    let first = try #require(try bench.store.interactions.find(id: "email:<a7@example.com>", deadline: bench.deadline))
    #expect(first.string("text") == "Message 7." && first.string("subject") == "email:ada@example.com")
    let mail = try DovecotServer.running.mail
    let read = try FileManager.default.contentsOfDirectory(atPath: mail + "/cur").filter { $0.contains("S") }
    #expect(read.isEmpty)

    // Nothing new: nothing is read. Something new: that alone.
    var again = try bench.ledger("care", type: "imap", kind: .interactions)
    try pull().run(&again, progress: { _ in })
    #expect(again.source.received == 150)
    try DovecotServer.deliver("b1", message("b1", "One more."))
    try pull(tls: false).run(&again, progress: { _ in })
    #expect(again.source.accepted == 151)

    // Another UIDVALIDITY: everything is read again, and known.
    var source = try #require(try bench.store.pullSource("care", deadline: bench.deadline))
    let position = source.position
    source.position = BSONDocument {
      $0.append("mailbox", position.string("mailbox") ?? "")
      $0.append("uidValidity", 1)
      $0.append("lastUid", 100_000)
    }
    try bench.store.setPullSource(source, at: WallClock.now(), deadline: bench.deadline)
    var anew = try bench.ledger("care", type: "imap", kind: .interactions)
    try pull().run(&anew, progress: { _ in })
    #expect(anew.source.accepted == 151)
    #expect(try count() == 151)
  }

  @Test func `a wrong password and an authority that is not ours are told`() throws {
    var ledger = try bench.ledger("wrong", type: "imap", kind: .interactions)
    let wrong = try pull(password: "guess")
    #expect(throws: PullError.self) { try wrong.run(&ledger, progress: { _ in }) }
    let server = try DovecotServer.running
    let untrusted = try IMAPPull(server: "imaps://localhost:\(server.tlsPort)", user: "care", password: "secret")
    #expect(throws: PullError.self) { try untrusted.run(&ledger, progress: { _ in }) }
    #expect(throws: PullError.self) { try IMAPPull(server: "http://localhost", user: "", password: "") }
  }
}
