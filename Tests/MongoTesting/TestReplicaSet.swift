import BSON
import Glibc
import MongoDB

/// Three mongods on loopback ports that elect a primary within about a second.
public final class TestReplicaSet: Sendable {
  private let nodes: [MongodProcess]
  private let ports: [Int]
  /// A pool over each node alone.
  private let controls: [MongoDatabase]
  /// The connection string, naming all nodes.
  public let uri: String

  /// Starts the nodes and waits for a primary.
  public init() throws(MongoError) {
    let program = try MongodLocation.find()
    var nodes: [MongodProcess] = []
    let ports = freePorts(3)
    for port in ports {
      let folder = TestFolder.make("node-\(port)")
      // The folder was just made, so only its database is missing.
      unsafe mkdir(folder + "/db", 0o700)
      let node = try MongodProcess(
        arguments: [
          program, "--dbpath", "db", "--bind_ip", "127.0.0.1", "--port", "\(port)", "--replSet", "three",
          "--nounixsocket",
          "--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64", "--setParameter", "enableTestCommands=1",
          "--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100", "--setParameter",
          "diagnosticDataCollectionEnabled=false",
          // As the README advises: a secondary whose source went silent looks for another one at once.
          "--setParameter", "oplogFetcherSteadyStateMaxFetcherRestarts=0",
        ], directory: folder, logPath: folder + "/mongod.log")
      node.keepAlive()
      nodes.append(node)
    }
    self.nodes = nodes
    self.ports = ports
    var controls: [MongoDatabase] = []
    for port in ports {
      let uri = "mongodb://127.0.0.1:\(port)/?directConnection=true"
      controls.append(try MongoDatabase(uri: uri, database: "admin", poolSizeMax: 1, primaryPatienceMs: 30_000))
    }
    self.controls = controls
    uri = "mongodb://" + ports.map { "127.0.0.1:\($0)" }.joined(separator: ",") + "/?replicaSet=three"
    try initiate()
    try waitUntilHealthy()
  }

  deinit {
    for node in nodes { node.stop(gracefullyUntil: nil) }
  }

  /// A pool over the whole set.
  public func database(primaryPatienceMs: Int = 10_000) throws(MongoError) -> MongoDatabase {
    try MongoDatabase(
      uri: uri, database: TestDatabase.freshName(), poolSizeMax: 8, primaryPatienceMs: primaryPatienceMs)
  }

  /// Position of the node that takes writes; what a node thinks that was frozen does not count.
  public func primary(by deadline: Deadline) throws(MongoError) -> Int {
    while !deadline.hasPassed {
      for index in ports.indices where states(seenBy: index) != nil {
        if let primary = states(seenBy: index)?.firstIndex(of: 1) { return primary }
      }
    }
    throw .unavailable(.noPrimary)
  }

  /// Waits until one node is primary and the others are its secondaries, in every node's view.
  public func waitUntilHealthy() throws(MongoError) {
    let deadline = Deadline.ofTest
    while !deadline.hasPassed {
      let views = ports.indices.map { states(seenBy: $0) }
      if let first = views[0], first.sorted() == [1, 2, 2], views.allSatisfy({ $0 == first }) { return }
    }
    throw .unavailable(.noPrimary)
  }

  /// The members' states as one node sees them: 1 is primary, 2 secondary.
  private func states(seenBy index: Int) -> [Int]? {
    let status = try? controls[index].runAdmin(
      BSONDocument { $0.append("replSetGetStatus", 1) }, deadline: .after(milliseconds: 1000))
    return status?.array("members")?.compactMap { $0.documentValue?.int("state") }
  }

  /// Sends a signal to a node.
  public func signal(_ number: Int32, to index: Int) { nodes[index].signal(number) }

  /// Sends a signal to the nodes that are not primary.
  public func signalSecondaries(_ number: Int32, primary: Int) {
    for index in nodes.indices where index != primary { nodes[index].signal(number) }
  }

  /// Runs a command on one node; its failure is not told, as a node that steps down may break the connection.
  public func run(_ command: BSONDocument, on index: Int) {
    _ = try? controls[index].runAdmin(command, deadline: .after(milliseconds: 5000))
  }

  private func initiate() throws(MongoError) {
    let command = BSONDocument { command in
      command.append("replSetInitiate") { set in
        set.append("_id", "three")
        set.append("members") { members in
          for (index, port) in ports.enumerated() {
            members.append { (member: inout BSONWriter) in
              member.append("_id", index)
              member.append("host", "127.0.0.1:\(port)")
            }
          }
        }
        set.append("settings") {
          $0.append("electionTimeoutMillis", 1000)
          $0.append("heartbeatIntervalMillis", 200)
        }
      }
    }
    let first = controls[0]
    let deadline = Deadline.ofTest
    while true {
      do throws(MongoError) {
        _ = try first.runAdmin(command, deadline: deadline)
        return
      } catch  where error.isRetryable && !deadline.hasPassed {
        // Not up yet.
      } catch .command(74, _, _) where !deadline.hasPassed {
        // NodeNotFound: another node is not up yet.
      }
    }
  }
}

/// Ports that are free now, all different.
private func freePorts(_ count: Int) -> [Int] {
  var sockets: [Int32] = []
  var ports: [Int] = []
  for _ in 0..<count {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The address and its length live for the calls.
    unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = unsafe bind(descriptor, $0, length)
        _ = unsafe getsockname(descriptor, $0, &length)
      }
    }
    ports.append(Int(UInt16(bigEndian: address.sin_port)))
    sockets.append(descriptor)
  }
  for descriptor in sockets { close(descriptor) }
  return ports
}
