import BSON
import Testing

@testable import Service

/// Holds answers against the schemas of `openapi.yaml`, as far as these are used there: types, required and closed
/// properties, items, enumerations, references.
struct SchemaCheck {
  let document: YAMLNode

  init() throws { document = try YAMLReader.read(OpenAPIDocument.text) }

  /// What is wrong with an answer of an operation; empty when nothing is.
  func faults(of answer: Answer, _ method: String, _ pattern: String) -> [String] {
    guard let operation = document["paths"]?[pattern]?[method.lowercased()] else { return ["no operation \(pattern)"] }
    guard let response = operation["responses"]?[String(answer.status)] else {
      return ["\(answer.status) is not described"]
    }
    var faults: [String] = []
    for header in resolved(response)["headers"]?.entries ?? [] where answer.field(header.key) == nil {
      // These come only when there is something to say.
      if !["Link", "Content-Location"].contains(header.key) { faults.append("no \(header.key)") }
    }
    guard let content = resolved(response)["content"] else { return faults }
    let type = answer.field("Content-Type")?.split(separator: ";").first.map(String.init) ?? ""
    guard let media = content[type] else { return faults + ["\(type) is not described"] }
    if type.hasSuffix("json"), let schema = media["schema"] { check(.document(answer.json), schema, at: "", &faults) }
    return faults
  }

  private func resolved(_ node: YAMLNode) -> YAMLNode {
    guard let reference = node["$ref"]?.text else { return node }
    return reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] ?? .scalar("") }
  }

  private func check(_ value: BSONValue, _ reference: YAMLNode, at path: String, _ faults: inout [String]) {
    let schema = resolved(reference)
    let types = schema["type"]?.text.map { [$0] } ?? schema["type"]?.elements.compactMap(\.text) ?? []
    if !types.isEmpty, !types.contains(where: { isOf($0, value) }) { faults.append("\(path) is no \(types)") }
    if let words = schema["enum"]?.elements.compactMap(\.text), let text = value.stringValue, !words.contains(text) {
      faults.append("\(path) is none of \(words)")
    }
    switch value {
    case .document(let object):
      for name in schema["required"]?.elements.compactMap(\.text) ?? [] where !object.contains(name) {
        faults.append("\(path)/\(name) is missing")
      }
      for element in object {
        if let property = schema["properties"]?[element.key] {
          check(element.value, property, at: "\(path)/\(element.key)", &faults)
        } else if schema["additionalProperties"]?.text == "false" {
          faults.append("\(path)/\(element.key) is not described")
        }
      }
    case .array(let array):
      guard let items = schema["items"] else { return }
      for (position, item) in array.enumerated() { check(item, items, at: "\(path)/\(position)", &faults) }
    default: break
    }
  }

  private func isOf(_ type: String, _ value: BSONValue) -> Bool {
    switch type {
    case "object": value.documentValue != nil
    case "array": value.arrayValue != nil
    case "string": value.stringValue != nil
    case "boolean": value.boolValue != nil
    case "integer": value.intValue != nil
    case "number": value.doubleValue != nil
    default: value == .null
    }
  }
}
