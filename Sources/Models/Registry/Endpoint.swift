import BSON
import Locks
import Store

/// A name that predicts with one or several versions, each with its share of the customers, and perhaps one more version that is
/// asked the same in the shadow.
struct Endpoint: Sendable, Equatable {
  /// One version and its share.
  struct Share: Sendable, Equatable {
    /// `kmeans:3`.
    let versionId: String
    /// Of a hundred customers.
    let percent: Int
  }

  let id: String
  /// In the order of ids; the percents add up to 100.
  let shares: [Share]
  /// A version that is asked the same as the live one and answers nobody: `kmeans:4`.
  let shadow: String?

  /// Reads `{"trafficSplit": {version: percent}, "shadow"?, "model"?}`. A version is named by its deployedModelId (`kmeans:3`) or by its
  /// number alone, which is then one of `model`, by default of the model that has the endpoint's name.
  init(id: ModelName, trafficSplit split: BSONDocument?, shadow: String?, model: String?) throws(ModelsError) {
    guard let split, (1...ModelLimits.endpointVersionsMax).contains(split.count) else {
      throw .invalidField(
        name: "trafficSplit", reason: "must be an object of 1...\(ModelLimits.endpointVersionsMax) versions")
    }
    let model = try model.map { name throws(ModelsError) in try ModelName(parsing: name) } ?? id
    func versionId(_ key: String) -> String { key.utf8.contains(UInt8(ascii: ":")) ? key : model.id(ofVersion: key) }
    var shares: [Share] = []
    for element in split {
      guard let percent = element.value.intValue, (0...100).contains(percent) else {
        throw .invalidField(name: "trafficSplit", reason: "must hold whole numbers 0...100")
      }
      let id = versionId(element.key)
      guard !shares.contains(where: { $0.versionId == id }) else {
        throw .invalidField(name: "trafficSplit", reason: "names a version twice")
      }
      shares.append(Share(versionId: id, percent: percent))
    }
    guard shares.reduce(0, { $0 + $1.percent }) == 100 else {
      throw .invalidField(name: "trafficSplit", reason: "must add up to 100")
    }
    self.id = id.string
    self.shares = shares.sorted { $0.versionId < $1.versionId }
    self.shadow = shadow.map(versionId)
  }

  /// Reads what `document` made.
  init?(_ document: BSONDocument) {
    guard let id = document.string("_id"), let split = document.array("shares") else { return nil }
    self.id = id
    shares = split.compactMap { entry in
      guard let share = entry.documentValue, let version = share.string("version"), let percent = share.int("percent")
      else { return nil }
      return Share(versionId: version, percent: percent)
    }
    shadow = document.string("shadow")
  }

  /// As it is stored: names from outside are values, never fields.
  var document: BSONDocument {
    BSONDocument { writer in
      writer.append("_id", id)
      writer.append(
        "shares",
        array: { list in
          for share in shares {
            list.append(document: {
              $0.append("version", share.versionId)
              $0.append("percent", share.percent)
            })
          }
        })
      if let shadow { writer.append("shadow", shadow) }
    }
  }

  /// As it is shown.
  var outward: BSONDocument {
    BSONDocument { writer in
      writer.append("id", id)
      writer.append(
        "trafficSplit", document: { split in for share in shares { split.append(share.versionId, share.percent) } })
      writer.append("deployedModels", shares.map(\.versionId))
      if let shadow { writer.append("shadow", shadow) } else { writer.appendNull("shadow") }
    }
  }

  /// Versions that some customer is answered by.
  var versionIds: [String] { shares.filter { $0.percent > 0 }.map(\.versionId) }

  /// The version of one of a hundred equal parts of all customers.
  func version(ofSlot slot: Int) -> String {
    var left = slot
    for share in shares {
      left -= share.percent
      if left < 0 { return share.versionId }
    }
    return shares.last?.versionId ?? ""
  }

  /// The version that answers for a customer: always the same one, on every replica, as long as the split stays. A split that moves
  /// some percents from one version to the next moves those customers alone.
  func version(ofCustomer id: String) -> String {
    let digest = Digest.sha256(Array((self.id + "\u{0}" + id).utf8))
    return version(ofSlot: Int(digest.prefix(4).reduce(0 as UInt32) { $0 << 8 | UInt32($1) } % 100))
  }

  /// The version of the call of this number that names no customer: of any hundred calls in a row each version gets its percent,
  /// evenly spread.
  func version(ofCall number: Int) -> String {
    // 37 and 100 have no common divisor, so every slot comes once in a hundred calls.
    version(ofSlot: number % 100 * 37 % 100)
  }
}

/// Numbers the calls of each endpoint.
final class EndpointRounds: Sendable {
  private let calls = Guarded<[String: Int]>([:])

  /// The number of this call, from 0 to 99 and around.
  func next(of endpoint: String) -> Int {
    calls.withLock { calls in
      let number = calls[endpoint] ?? 0
      calls[endpoint] = (number + 1) % 100
      return number
    }
  }
}
