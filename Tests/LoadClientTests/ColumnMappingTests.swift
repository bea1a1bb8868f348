import BSON
import Foundation
import Testing

@testable import LoadClient

@Suite struct ColumnMappingTests {
  private let json = """
    {"columns": {"item_id": "productId", "genres": ["category", "attributes.genres"], "note": null, "1": "price"},
     "constants": {"currency": "USD", "attributes.shop": 7, "attributes.new": true, "attributes.rate": 1.5},
     "numbers": ["attributes.year"], "lists": {"genres": "|"}, "scales": {"price_cents": 0.01}}
    """
  private let yaml = """
    # A catalogue of films.
    columns:
      item_id: productId
      genres: [category, attributes.genres]
      note: ~        # left out
      "1": price
    constants:
      currency: USD
      attributes.shop: 7
      attributes.new: true
      attributes.rate: 1.5
    numbers:
      - attributes.year
    lists: {genres: "|"}
    scales: {price_cents: .01}
    """

  private func expectEqual(_ one: ColumnMapping, _ other: ColumnMapping) {
    #expect(one.targets == other.targets && one.numbers == other.numbers)
    #expect(one.separators == other.separators && one.scales == other.scales)
    #expect(one.constants.map(\.field) == other.constants.map(\.field))
    #expect(one.constants.map(\.json) == other.constants.map(\.json))
  }

  @Test(arguments: ["map.yaml", "map.YML"]) func `a mapping is the same in YAML and in JSON`(name: String) throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let fromJSON = try ColumnMapping(file: try folder.file("map.json", json))
    expectEqual(try ColumnMapping(file: try folder.file(name, yaml)), fromJSON)
    // JSON is YAML.
    expectEqual(try ColumnMapping(file: try folder.file("json-" + name, json)), fromJSON)
    #expect(fromJSON.targets["note"] == [] && fromJSON.scales == ["price_cents": 0.01])
  }

  @Test(arguments: [
    ("columns: {a: b, a: c}", "line 1, column 17: the key occurs twice in one mapping"),
    ("columns:\n  a: *b\n", "line 2, column 6: anchors and aliases are not taken"),
    ("columns:\n  2024: b\n", "line 2, column 3: a key must be a text; put quotes around it"),
    ("colums: {}\n", "the mapping has an unknown member colums"),
    ("scales: {a: '1'}\n", "scales.a in the mapping must be a number other than 0"),
  ]) func `a mistake is told with the file and its place`(yaml: String, reason: String) throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = try folder.file("map.yaml", yaml)
    #expect(throws: LoadError.badFile(path: path, reason: reason)) { try ColumnMapping(file: path) }
  }

  @Test func `a file that is too long is refused`() throws {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let path = try folder.file("map.yaml", "a: " + String(repeating: "b", count: 1 << 20))
    #expect(throws: LoadError.badFile(path: path, reason: "too long for a mapping")) { try ColumnMapping(file: path) }
  }

  @Test func `the shipped mappings are read`() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let folder = "/\(root)/Examples/mappings"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasSuffix(".md") }
    #expect(files.count >= 4 && files.contains { $0.hasSuffix(".yaml") })
    for file in files { _ = try ColumnMapping(file: folder + "/" + file) }
  }
}
