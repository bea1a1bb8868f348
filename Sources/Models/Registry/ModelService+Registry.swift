import BSON
import MongoDB
import Store

/// Models, versions, and which of them serves.
extension ModelService {
  /// Every model: `{name, type, defaultVersionId, aliases, createdAt, …}`.
  public func models() throws(ModelsError) -> [BSONDocument] {
    try reading { () throws(StoreError) in try store.registry.allModels(deadline: deadline) }.map { summary(of: $0) }
  }

  /// One model.
  public func model(_ name: String) throws(ModelsError) -> BSONDocument { summary(of: try stored(model: name)) }

  /// The versions of a model, oldest first.
  public func versions(ofModel name: String) throws(ModelsError) -> [BSONDocument] {
    let model = try stored(model: name)
    return try reading { () throws(StoreError) in
      try store.registry.versions(of: name, deadline: deadline)
    }.map { Self.outward($0, ofModel: model) }
  }

  /// One version, once it is servable: `version` is a number or an alias.
  public func version(_ version: String, ofModel name: String) throws(ModelsError) -> BSONDocument {
    let model = try stored(model: name)
    return Self.outward(try stored(version: version, of: model), ofModel: model)
  }

  /// The metrics of a version beside those of its baseline, and how the part they were measured on was held out.
  public func evaluate(_ version: String, ofModel name: String) throws(ModelsError) -> BSONDocument {
    let document = try stored(version: version, of: try stored(model: name))
    return BSONDocument { writer in
      Self.appendVersion(document, to: &writer)
      // Metrics stand at the top, under their own names.
      for element in document.document("metrics") ?? BSONDocument() { writer.append(element) }
      for field in ["baseline", "holdout", "gate"] {
        if let element = document.element(field) { writer.append(element) }
      }
    }
  }

  /// The centroids of a clustering, id 1 first.
  public func centroids(_ version: String, ofModel name: String) throws(ModelsError) -> [BSONDocument] {
    let document = try stored(version: version, of: try stored(model: name))
    let id = document.string("_id") ?? ""
    guard let clusters = try state.version(id).clusters else {
      throw .invalidParameter(name: "model", reason: "has no centroids: it is no clustering")
    }
    return clusters.centroidDocuments
  }

  /// What a version is, how it was made, how good it is and what it must not be used for.
  public func card(_ version: String, ofModel name: String) throws(ModelsError) -> BSONDocument {
    let document = try stored(version: version, of: try stored(model: name))
    return BSONDocument { writer in
      Self.appendVersion(document, to: &writer)
      let fields = [
        "type", "algorithm", "createdAt", "seed", "options", "chosenByValidation", "data", "metrics", "baseline",
        "holdout", "gate", "parameters", "series", "trials", "limits", "checksum", "bytesCount",
      ]
      for field in fields { if let element = document.element(field) { writer.append(element) } }
    }
  }

  // MARK: Which version serves

  /// Lets a version serve from now on, in one step and without a failed request; the one before it becomes `previous`. Returns the
  /// model with `jobId`.
  ///
  /// Its segments and recommendations are written by that job; readers see the former ones until then. A version that did not pass its
  /// gate is refused unless `force`.
  public func setDefault(
    _ version: String, ofModel name: String, force: Bool = false
  ) throws(ModelsError) -> BSONDocument {
    let model = try stored(model: name)
    let document = try stored(version: version, of: model)
    guard let id = document.string("_id"), let number = document.string("version") else {
      throw .notFound(.version, id: version)
    }
    if let gate = document.document("gate"), gate.bool("passed") == false, !force,
      model.document("aliases")?.string("default") != number
    {
      throw .gateNotPassed(reason: gate.string("reason") ?? "")
    }
    // Loading proves that it can serve.
    _ = try state.version(id)
    _ = try reading { () throws(StoreError) in
      try store.registry.publish(name, version: number, outputs: nil, deadline: deadline)
    }
    try state.refreshModels()
    let job = try enqueue(kind: .outputs, model: name) { $0.append("version", number) }
    let now = try self.model(name)
    return BSONDocument { writer in
      writer.append(contentsOf: now)
      writer.append("jobId", job.string("id") ?? "")
    }
  }

  /// Lets the version serve that did before the present one.
  public func rollback(_ name: String) throws(ModelsError) -> BSONDocument {
    guard let previous = try stored(model: name).document("aliases")?.string("previous") else {
      throw .notFound(.version, id: "previous")
    }
    // It has served before: that is its gate.
    return try setDefault(previous, ofModel: name, force: true)
  }

  // MARK: Documents

  func stored(model name: String) throws(ModelsError) -> BSONDocument {
    let model = try reading { () throws(StoreError) in try store.registry.model(name, deadline: deadline) }
    guard let model else { throw .notFound(.model, id: name) }
    return model
  }

  func stored(version: String, of model: BSONDocument) throws(ModelsError) -> BSONDocument {
    let name = model.string("_id") ?? ""
    let number = Self.aliases(model).first { $0.name == version }?.version ?? version
    let document = try reading { () throws(StoreError) in
      try store.registry.version("\(name):\(number)", deadline: deadline)
    }
    guard let document else { throw .notFound(.version, id: version) }
    return document
  }

  private func summary(of model: BSONDocument) -> BSONDocument {
    let name = model.string("_id") ?? ""
    let serving = state.current.models[name]?.serving
    return BSONDocument { writer in
      writer.append("name", name)
      writer.append("displayName", name)
      if let type = model.string("type") { writer.append("type", type) }
      if let version = model.document("aliases")?.string("default") { writer.append("defaultVersionId", version) }
      writer.append(
        "aliases",
        document: { aliases in for label in Self.aliases(model) { aliases.append(label.name, label.version) } })
      if let serving { writer.append("servingVersionId", serving.version) }
      if let outputs = model.string("outputs") { writer.append("outputs", outputs) }
      if let createdAt = model.date("createdAt") { writer.append("createdAt", createdAt) }
    }
  }

  private static func appendVersion(_ document: BSONDocument, to writer: inout BSONWriter) {
    writer.append("model", document.string("model") ?? "")
    writer.append("version", document.string("version") ?? "")
  }

  private static func outward(_ document: BSONDocument, ofModel model: BSONDocument) -> BSONDocument {
    BSONDocument { writer in
      for element in document {
        switch element.key {
        case "_id": writer.append("id", valueOf: element)
        case "number", "chunks", "segments", "profiles": continue
        default: writer.append(element)
        }
      }
      let version = document.string("version")
      let aliases = Self.aliases(model).filter { $0.version == version }.map(\.name)
      writer.append("aliases", aliases)
      writer.append("isDefault", aliases.contains("default"))
      writer.append("state", "servable")
    }
  }
}
