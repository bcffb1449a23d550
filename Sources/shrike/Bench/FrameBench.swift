import Algorithms
import ClientTransports
import Controller
import Environments
import Glibc
import NIOCore
import NIOPosix
import NodeProcesses
import NodeServers
import Nodes
import Synchronization
import Values

/// How fast a node that listens on the loopback interface answers; it has a thread of its own.
enum FrameBench {
  private static let requestCount = 100_000
  private static let roundTripCount = 10_000
  private static let clientCount = 64

  static func all() throws -> [Measurement] {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    defer { try? group.syncShutdownGracefully() }
    let listen = NetworkAddress(host: "127.0.0.1", port: 0)
    let node = NodeServer<Echo>(
      NodeProcessSettings(),
      NodeServerSettings(name: "n1", members: [.init("n1", listen)], listen: listen),
      on: group.next())
    let port = try node.start().wait()
    defer { _ = try? node.stop().wait() }
    let transport = FrameTransport(on: group.next(), names: .numbered(count: 1))
    let clients = Clients(transport)
    let endpoint = Endpoint(
      node: NodeID(0), name: "n1", address: "127.0.0.1", ports: ["client": port])
    try transport.open([endpoint]) { clients.take($0) }
    defer { transport.close() }
    clients.waitUntilReachable()
    let busy = clients.run(requestCount, by: clientCount)
    let alone = clients.run(roundTripCount, by: 1)
    return [
      Measurement(
        what: "requests a second to a node over TCP, \(clientCount) clients",
        figure: Double(requestCount) / busy, unit: "/s", must: 20_000, stretch: 50_000),
      Measurement(
        what: "round trip to a node over TCP, one client, mean",
        figure: alone / Double(roundTripCount) * 1e6, unit: "us", must: 500, stretch: 100),
    ]
  }

  /// Clients that ask again as soon as they are answered.
  private final class Clients: Sendable {
    private struct Progress {
      var isReachable = false
      var unsentCount = 0
      var unansweredCount = 0
    }

    private let transport: FrameTransport
    private let progress = Mutex(Progress())

    init(_ transport: FrameTransport) { self.transport = transport }

    func take(_ event: TransportEvent) {
      switch event {
      case .reachable: progress.withLock { $0.isReachable = true }
      case .replied(let id, _, _):
        let goesOn = progress.withLock { progress in
          progress.unansweredCount -= 1
          progress.unsentCount -= 1
          return progress.unsentCount >= 0
        }
        if goesOn { ask(RequestID(client: id.client, number: id.number + 1)) }
      default: break
      }
    }

    func waitUntilReachable() { wait { $0.isReachable } }

    /// - Returns: The seconds that it took.
    func run(_ count: Int, by clientCount: Int) -> Double {
      progress.withLock {
        $0.unansweredCount = count
        $0.unsentCount = count - clientCount
      }
      let began = monotonicSeconds()
      for client in 0..<clientCount { ask(RequestID(client: client, number: 1)) }
      wait { $0.unansweredCount == 0 }
      return monotonicSeconds() - began
    }

    private func ask(_ id: RequestID) {
      transport.submit(.echo("Please echo 35"), as: id, to: NodeID(0))
    }

    private func wait(until isDone: (Progress) -> Bool) {
      let deadline = monotonicSeconds() + 60
      while monotonicSeconds() < deadline, !progress.withLock({ isDone($0) }) { usleep(100) }
    }
  }
}
