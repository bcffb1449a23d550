import ClientTransports
import Environments
import Glibc
import NIOCore
import NIOPosix
import NodeProcesses
import NodeServers
import Nodes
import Synchronization
import Values

/// A transport, and nodes in this process that it speaks to.
final class TransportBench<N: Node> {
  let transport: FrameTransport
  private let names: NodeNames
  private let ports: [Int]
  private let bugs: Set<String>
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let events = EventList()
  private var servers: [NodeServer<N>] = []
  private var taken = 0

  init(_: N.Type, count: Int, bugs: Set<String> = []) {
    names = .numbered(count: count)
    ports = freePorts(count)
    self.bugs = bugs
    transport = FrameTransport(on: group.next(), names: names, token: "secret", seed: 1)
  }

  deinit {
    transport.close()
    for server in servers { _ = try? server.stop().wait() }
    try? group.syncShutdownGracefully()
  }

  func open() throws {
    let endpoints = names.nodes.map {
      Endpoint(
        node: $0, name: names[$0], address: "127.0.0.1", ports: ["client": ports[$0.index]])
    }
    try transport.open(endpoints) { [events] in events.append($0) }
  }

  func serve(_ node: Int) throws -> NodeServer<N> {
    let members = zip(names.names, ports).map { name, port in
      NodeServerSettings.Member(name, NetworkAddress(host: "127.0.0.1", port: port))
    }
    let server = NodeServer<N>(
      NodeProcessSettings(bugs: bugs, seed: 1),
      NodeServerSettings(
        name: members[node].name, members: members, listen: members[node].address,
        token: "secret"),
      on: group.next())
    // The socket of one that was stopped is gone only once programs that other tests start at that
    // time run: until then they have a copy.
    for _ in 0..<100 {
      if (try? server.start().wait()) != nil { break }
      usleep(20_000)
    }
    servers.append(server)
    return server
  }

  /// Puts somebody in the first node's place.
  func fake(answer: String) throws -> FakeNode {
    try FakeNode(port: ports[0], answer: answer, on: group)
  }

  /// All events so far.
  var seen: [TransportEvent] { events.all }

  /// The next event of a kind, after the last one that was taken; nothing where none comes.
  func next(where isWanted: (TransportEvent) -> Bool) -> TransportEvent? {
    for _ in 0..<1_000 {
      let all = events.all
      if let place = all.indices.dropFirst(taken).first(where: { isWanted(all[$0]) }) {
        taken = place + 1
        return all[place]
      }
      usleep(5_000)
    }
    return nil
  }
}

/// Events as they come from whatever thread.
private final class EventList: Sendable {
  private let events = Mutex<[TransportEvent]>([])

  func append(_ event: TransportEvent) { events.withLock { $0.append(event) } }

  var all: [TransportEvent] { events.withLock { $0 } }
}

/// Ports of the loopback interface that nobody has now, below those that the system gives away.
private func freePorts(_ count: Int) -> [Int] {
  var ports: [Int] = []
  while ports.count < count {
    let number = portNumber.add(1, ordering: .relaxed).newValue
    let port = 10_000 + (Int(getpid()) * 97 + 10_000 + number) % 20_000
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if bindToLoopback(descriptor, port: port) == port { ports.append(port) }
    close(descriptor)
  }
  return ports
}

private let portNumber = Atomic(0)

/// The bytes of a `sockaddr_in`, whose fields belong to one C module or another as modules are loaded.
private func addressBytes(port: Int) -> [UInt8] {
  [UInt8(AF_INET), 0, UInt8(port >> 8), UInt8(port & 255), 127, 0, 0, 1]
    + [UInt8](repeating: 0, count: 8)
}

/// - Returns: The port that it is bound to.
private func bindToLoopback(_ descriptor: Int32, port: Int) -> Int {
  var bytes = addressBytes(port: port)
  var count = socklen_t(bytes.count)
  bytes.withUnsafeMutableBytes { buffer in
    guard let address = buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return }
    bind(descriptor, address, count)
    getsockname(descriptor, address, &count)
  }
  return Int(bytes[2]) << 8 | Int(bytes[3])
}
