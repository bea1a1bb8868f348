import BSON
import Store
import Testing

@testable import Identity

@Suite struct EvidencePathTests {
  private func node(_ key: String) throws -> Identifier { try #require(Identifier(key: key)) }

  private func edge(_ a: String, _ b: String, _ rule: String = "email") throws -> Edge {
    Edge(a: try node(a), b: try node(b), rule: rule, owner: rule == "merge" ? "decision:m1" : a)
  }

  @Test func `the shortest chain is found in both directions`() throws {
    let edges = [
      try edge("record:web/1", "email:a@example.org"), try edge("record:crm/1", "email:a@example.org"),
      try edge("record:crm/1", "phone:+12125550101"), try edge("record:web/1", "user:U1", "user_id"),
      try edge("record:pos/1", "phone:+12125550101"), try edge("record:web/1", "record:pos/1", "merge"),
    ]
    let path = try #require(EvidencePath.between(try node("user:U1"), try node("phone:+12125550101"), among: edges))
    #expect(path.map(\.to.key) == ["record:web/1", "record:pos/1", "phone:+12125550101"])
    #expect(path.map(\.edge.rule) == ["user_id", "merge", "email"])
    let back = EvidencePath.between(try node("phone:+12125550101"), try node("user:U1"), among: edges.reversed())
    #expect(back?.map(\.from) == path.reversed().map(\.to))
  }

  @Test func `a denial ties nothing together`() throws {
    let edges = [try edge("record:web/1", "record:crm/1", Edge.denyRule)]
    #expect(EvidencePath.between(try node("record:web/1"), try node("record:crm/1"), among: edges) == nil)
    #expect(EvidencePath.between(try node("record:web/1"), try node("record:web/1"), among: edges) == [])
  }
}
