import BSON
import MongoDB

/// One thing that was looked at.
public struct Finding: Sendable {
  /// What was looked at.
  public let subject: String
  /// Whether nothing need be done.
  public let isWell: Bool
  /// What was found and, where something is wrong, what to do.
  public let text: String
}

extension Store {
  /// The oldest major version of MongoDB that has what is needed.
  static let serverMajorMin = 5
  /// How far the clocks of service and server may be apart, in milliseconds.
  static let clockSkewMaxMs: Int64 = 5000

  /// Looks at the server, the replica set, the indexes and the clock.
  public func examine(clock: BSONDate, deadline: Deadline) throws(StoreError) -> [Finding] {
    func command(_ name: String) throws -> BSONDocument {
      try database.runAdmin(BSONDocument { $0.append(name, Int32(1)) }, deadline: deadline)
    }
    let (build, hello) = try storing { (try command("buildInfo"), try command("hello")) }
    return [
      server(build), replicaSet(hello), clockSkew(hello, clock: clock), try indexes(deadline: deadline),
    ]
  }

  private func server(_ build: BSONDocument) -> Finding {
    let version = build.string("version") ?? "unknown"
    let major = version.split(separator: ".").first.flatMap { Int($0) } ?? 0
    let isWell = major >= Self.serverMajorMin
    return Finding(
      subject: "mongodb", isWell: isWell,
      text: "version \(version)\(isWell ? "" : "; install \(Self.serverMajorMin).0 or later")")
  }

  private func replicaSet(_ hello: BSONDocument) -> Finding {
    guard let name = hello.string("setName") else {
      return Finding(
        subject: "replica set", isWell: false,
        text:
          "none; start mongod with --replSet and run rs.initiate(): change streams need one, a single node is enough")
    }
    let isPrimary = hello.bool("isWritablePrimary") == true
    let hosts = hello.array("hosts")?.count ?? 0
    return Finding(
      subject: "replica set", isWell: isPrimary,
      text:
        "\(name), \(hosts) member\(hosts == 1 ? "" : "s")\(isPrimary ? ", primary reachable" : "; no primary: look at rs.status()")"
    )
  }

  private func clockSkew(_ hello: BSONDocument, clock: BSONDate) -> Finding {
    guard let theirs = hello.date("localTime") else {
      return Finding(subject: "clock", isWell: false, text: "the server does not say its time")
    }
    let skew = theirs.millisecondsSince1970 - clock.millisecondsSince1970
    let isWell = skew.magnitude <= UInt64(Self.clockSkewMaxMs)
    return Finding(
      subject: "clock", isWell: isWell,
      text: "\(skew.magnitude) ms between service and MongoDB\(isWell ? "" : "; let both follow one time server")")
  }

  private func indexes(deadline: Deadline) throws(StoreError) -> Finding {
    let expected = Self.sourceIndexes.reduce(into: [String: Set<String>]()) { all, plan in
      all[plan.collection, default: []].formUnion(plan.indexes.map(\.name))
    }
    var missing: [String] = []
    for (collection, names) in expected.sorted(by: { $0.key < $1.key }) {
      let present = try storing { try database.collection(collection).indexNames(deadline: deadline) }
      missing += names.subtracting(present).sorted().map { "\(collection).\($0)" }
    }
    return Finding(
      subject: "indexes", isWell: missing.isEmpty,
      text: missing.isEmpty
        ? "all there" : "missing \(missing.joined(separator: ", ")); start the service, it makes them")
  }
}
