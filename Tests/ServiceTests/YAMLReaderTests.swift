import Testing

@testable import Service

@Suite struct YAMLReaderTests {
  @Test func `maps, lists and scalars are read in their order`() throws {
    let node = try YAMLReader.read(
      """
      # a comment
      title: 'it''s: one'
      plain: text with a:colon#and no comment # but here
      list:
        - one
        - name: two
          more: { a: 1, b: [x, 'y, z'], c: {} }
        - nested:
            deeper: yes
      empty:
      '200': done
      """)
    #expect(node["title"]?.text == "it's: one")
    #expect(node["list"]?.elements.first?.text == "one")
    #expect(node["list"]?.elements[1]["more"]?["b"]?.elements.map(\.text) == ["x", "y, z"])
    #expect(node["list"]?.elements[1]["more"]?["c"]?.entries.isEmpty == true)
    #expect(node["list"]?.elements[2]["nested"]?["deeper"]?.text == "yes")
    #expect(node["empty"]?.text == "")
    #expect(node.entries.map(\.key) == ["title", "plain", "list", "empty", "200"])
  }

  @Test(arguments: ["a: what it says of x: this", "a: { b: is it so? }", "a: 'open", "a: b\na: c"])
  func `what another reader would take otherwise is refused`(_ text: String) {
    #expect(throws: YAMLError.self) { try YAMLReader.read(text) }
  }

  @Test func `blocks of text keep or fold their lines`() throws {
    let node = try YAMLReader.read("a: |\n  one\n    two\n\n  three\nb: >\n  one\n  two\nc: end\n")
    #expect(node["a"]?.text == "one\n  two\n\nthree")
    #expect(node["b"]?.text == "one two")
    #expect(node["c"]?.text == "end")
  }

  @Test(arguments: ["a: 1\na: 2", "a: {b: 1", "a: [1", "a: 'open' {", "- a\n b", "just text", "a: {b}"])
  func `what it does not know is an error with a line`(_ text: String) {
    #expect(throws: YAMLError.self) { try YAMLReader.read(text) }
  }
}
