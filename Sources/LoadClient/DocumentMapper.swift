import BSON

/// Objects of a foreign shape as JSON in ours, by a mapping: what `RowRenderer` does for rows. Names in the mapping may lead into
/// objects: `profile.mail`. An object of which nothing is named keeps its name where the kind knows it, else it goes to
/// `properties` (events) or `attributes` (all others).
public struct DocumentMapper: Sendable {
  private let kind: LoadKind
  private let mapping: ColumnMapping
  /// Objects that hold something that the mapping names.
  private let opened: Set<String>

  /// A mapper for a kind.
  public init(_ kind: LoadKind, _ mapping: ColumnMapping) {
    self.kind = kind
    self.mapping = mapping
    var opened: Set<String> = []
    for name in Array(mapping.targets.keys) + Array(mapping.separators.keys) + Array(mapping.scales.keys) {
      let parts = name.split(separator: ".")
      for count in 1..<max(1, parts.count) { opened.insert(parts[..<count].joined(separator: ".")) }
    }
    self.opened = opened
  }

  /// An object as the service wants it.
  public func json(_ source: BSONDocument) -> [UInt8] {
    var fields = Fields()
    take(source, below: nil, into: &fields)
    for (field, json) in mapping.constants { fields.set(path(field), json) }
    return fields.json
  }

  private func take(_ source: BSONDocument, below parent: String?, into fields: inout Fields) {
    for element in source {
      let name = parent.map { "\($0).\(element.key)" } ?? element.key
      if let targets = mapping.targets[name] {
        for target in targets { set(element.value, of: name, as: target, in: &fields) }
      } else if opened.contains(name), let inner = element.value.documentValue {
        take(inner, below: name, into: &fields)
      } else if parent == nil, kind.cellType(ofField: name) != nil {
        set(element.value, of: name, as: name, in: &fields)
      } else if name != "_id" {
        set(element.value, of: name, as: "\(kind.extrasField).\(name)", in: &fields)
      }
    }
  }

  private func set(_ value: BSONValue, of name: String, as target: String, in fields: inout Fields) {
    if case .null = value { return }
    let place = path(target)
    var json: [UInt8] = []
    if let separator = mapping.separators[name], let text = value.stringValue {
      let elements = text.utf8.split(separator: separator).map { String(Substring($0)) }
      if place.parent == nil {
        JSONEncoding.append(string: elements.first ?? "", to: &json)
      } else {
        json.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
          if index > 0 { json.append(UInt8(ascii: ",")) }
          JSONEncoding.append(string: element, to: &json)
        }
        json.append(UInt8(ascii: "]"))
      }
    } else if let factor = mapping.scales[name], let number = Self.number(value) {
      JSONEncoding.append(value: .double(scaled(number, by: factor)), to: &json)
    } else if value.stringValue != nil, mapping.numbers.contains(target) || kind.cellType(ofField: target) == .number,
      let number = Self.number(value)
    {
      JSONEncoding.append(value: .double(number), to: &json)
    } else {
      JSONEncoding.append(value: value, to: &json)
    }
    fields.set(place, json)
  }

  private static func number(_ value: BSONValue) -> Double? {
    value.doubleValue ?? value.stringValue.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
  }

  /// `address.city` is `city` inside `address`; any other dot is part of a name.
  private func path(_ field: String) -> Fields.Path {
    let parts = field.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, kind.cellType(ofField: String(parts[0])) == .json else { return (nil, field) }
    return (String(parts[0]), String(parts[1]))
  }
}

/// A number in another unit. A hundredth is a division by a hundred, which rounds once: 1999 cents are 19.99.
func scaled(_ number: Double, by factor: Double) -> Double {
  let inverse = 1 / factor
  return abs(inverse) > 1 && inverse == inverse.rounded() ? number / inverse : number * factor
}

/// The fields of an object on its way, in order; a field that is set again is replaced.
private struct Fields {
  typealias Path = (parent: String?, name: String)

  private var names: [String] = []
  private var values: [String: [UInt8]] = [:]
  private var inner: [String: [(name: String, json: [UInt8])]] = [:]

  mutating func set(_ path: Path, _ json: [UInt8]) {
    let outer = path.parent ?? path.name
    if !names.contains(outer) { names.append(outer) }
    guard let parent = path.parent else {
      values[outer] = json
      return
    }
    if let place = inner[parent]?.firstIndex(where: { $0.name == path.name }) {
      inner[parent]?[place].json = json
    } else {
      inner[parent, default: []].append((path.name, json))
    }
  }

  var json: [UInt8] {
    var out: [UInt8] = [UInt8(ascii: "{")]
    for name in names {
      if out.count > 1 { out.append(UInt8(ascii: ",")) }
      JSONEncoding.append(string: name, to: &out)
      out.append(UInt8(ascii: ":"))
      guard let fields = inner[name] else {
        out += values[name] ?? Array("null".utf8)
        continue
      }
      out.append(UInt8(ascii: "{"))
      for (index, field) in fields.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSONEncoding.append(string: field.name, to: &out)
        out.append(UInt8(ascii: ":"))
        out += field.json
      }
      out.append(UInt8(ascii: "}"))
    }
    out.append(UInt8(ascii: "}"))
    return out
  }
}
