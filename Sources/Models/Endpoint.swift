import BSON
import Synchronization

/// A name that predicts with one or several versions, each with its share of the calls.
struct Endpoint: Sendable, Equatable {
  /// One version and its share.
  struct Share: Sendable, Equatable {
    /// `kmeans:3`.
    let versionId: String
    /// Of a hundred calls.
    let percent: Int
  }

  /// Versions that one endpoint may have.
  static let sharesMax = 10

  let id: String
  /// In the order of ids; the percents add up to 100.
  let shares: [Share]

  /// Reads `{"trafficSplit": {version: percent}, "model"?}`. A version is named by its deployedModelId (`kmeans:3`) or by its number
  /// alone, which is then one of `model`, by default of the model that has the endpoint's name.
  init(id: ModelName, _ body: BSONDocument) throws(ModelsError) {
    guard let split = body.document("trafficSplit"), (1...Self.sharesMax).contains(split.count) else {
      throw .invalidParameter(name: "trafficSplit", reason: "must be an object of 1...\(Self.sharesMax) versions")
    }
    let model = try body.string("model").map { name throws(ModelsError) in try ModelName(parsing: name) } ?? id
    var shares: [Share] = []
    for element in split {
      guard let percent = element.value.intValue, (0...100).contains(percent) else {
        throw .invalidParameter(name: "trafficSplit", reason: "must hold whole numbers 0...100")
      }
      let key = element.key
      let versionId = key.utf8.contains(UInt8(ascii: ":")) ? key : model.id(ofVersion: key)
      guard !shares.contains(where: { $0.versionId == versionId }) else {
        throw .invalidParameter(name: "trafficSplit", reason: "names a version twice")
      }
      shares.append(Share(versionId: versionId, percent: percent))
    }
    guard shares.reduce(0, { $0 + $1.percent }) == 100 else {
      throw .invalidParameter(name: "trafficSplit", reason: "must add up to 100")
    }
    self.id = id.string
    self.shares = shares.sorted { $0.versionId < $1.versionId }
  }

  /// Reads what `document` made.
  init?(_ document: BSONDocument) {
    guard let id = document.string("_id"), let split = document.document("trafficSplit") else { return nil }
    self.id = id
    shares = split.compactMap { element in
      element.value.intValue.map { Share(versionId: element.key, percent: $0) }
    }
  }

  var document: BSONDocument {
    BSONDocument { writer in
      writer.append("_id", id)
      writer.append(
        "trafficSplit", document: { split in for share in shares { split.append(share.versionId, share.percent) } })
    }
  }

  /// The version of the call of this number: of any hundred calls in a row each version gets its percent, evenly spread.
  func version(ofCall number: Int) -> String {
    // 37 and 100 have no common divisor, so every slot comes once in a hundred calls.
    var slot = number % 100 * 37 % 100
    for share in shares {
      slot -= share.percent
      if slot < 0 { return share.versionId }
    }
    return shares.last?.versionId ?? ""
  }
}

/// Numbers the calls of each endpoint.
final class EndpointRounds: Sendable {
  private let calls = Mutex<[String: Int]>([:])

  /// The number of this call, from 0 to 99 and around.
  func next(of endpoint: String) -> Int {
    calls.withLock { calls in
      let number = calls[endpoint] ?? 0
      calls[endpoint] = (number + 1) % 100
      return number
    }
  }
}
