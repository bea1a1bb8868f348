import BSON
import Store

/// Names for versions of one model. `default` always stands for exactly one version, the one that serves; `previous` for the one
/// that served before it. Others are the caller's.
extension ModelService {
  /// Lets an alias stand for a version: `default` as ``setDefault(_:ofModel:force:)`` does. Returns the model.
  public func setAlias(
    _ alias: String, toVersion version: String, ofModel name: String, force: Bool = false
  ) throws(ModelsError) -> BSONDocument {
    if alias == "default" { return try setDefault(version, ofModel: name, force: force) }
    if alias == "previous" {
      throw .aliasReserved(name: alias, reason: "follows default and cannot be set")
    }
    guard Self.isAlias(alias) else {
      throw .invalidParameter(
        name: "alias", reason: "must be 1 to 63 lower-case letters, digits and hyphens, and begin with a letter")
    }
    return try changeLabels(ofModel: name) { labels, model throws(ModelsError) in
      let number = try stored(version: version, of: model).string("version") ?? version
      guard let known = labels.firstIndex(where: { $0.name == alias }) else {
        guard labels.count < limits.aliasesMax else {
          throw .invalidParameter(name: "alias", reason: "is one too many: a model has at most \(limits.aliasesMax)")
        }
        labels.append((alias, number))
        return
      }
      labels[known].version = number
    }
  }

  /// Takes an alias away. Returns the model.
  public func removeAlias(_ alias: String, ofModel name: String) throws(ModelsError) -> BSONDocument {
    if alias == "default" || alias == "previous" {
      throw .aliasReserved(name: alias, reason: "cannot be removed")
    }
    return try changeLabels(ofModel: name) { labels, _ throws(ModelsError) in
      guard let known = labels.firstIndex(where: { $0.name == alias }) else { throw .notFound(.alias, id: alias) }
      labels.remove(at: known)
    }
  }

  /// An alias beside the two of the service.
  typealias Label = (name: String, version: String)

  /// The labels of a model's document.
  static func labels(_ model: BSONDocument) -> [Label] {
    (model.array("labels") ?? BSONArray()).compactMap { value in
      guard let label = value.documentValue, let name = label.string("name"), let version = label.string("version")
      else { return nil }
      return (name, version)
    }
  }

  /// Every alias of a model with its version's number.
  static func aliases(_ model: BSONDocument) -> [Label] {
    (model.document("aliases") ?? BSONDocument()).compactMap { element in
      element.value.stringValue.map { (element.key, $0) }
    } + labels(model)
  }

  /// Others may change aliases at the same moment: then it is read and tried again.
  private static let roundsMax = 10

  private func changeLabels(
    ofModel name: String, _ change: (inout [Label], BSONDocument) throws(ModelsError) -> Void
  ) throws(ModelsError) -> BSONDocument {
    for _ in 0..<Self.roundsMax {
      let model = try stored(model: name)
      var labels = Self.labels(model)
      try change(&labels, model)
      let documents = labels.sorted { $0.name < $1.name }.map { label in
        BSONDocument {
          $0.append("name", label.name)
          $0.append("version", label.version)
        }
      }
      let isSet = try reading { () throws(StoreError) in
        try store.registry.set(
          labels: documents, insteadOf: model.array("labels"), ofModel: name, deadline: deadline)
      }
      if isSet {
        try state.refreshModels()
        return try self.model(name)
      }
    }
    throw .store(.contention(collection: "models"))
  }

  private static func isAlias(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    func isLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
    guard (1...63).contains(bytes.count), isLetter(bytes[0]) else { return false }
    return bytes.allSatisfy { isLetter($0) || $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: "-") }
  }
}
