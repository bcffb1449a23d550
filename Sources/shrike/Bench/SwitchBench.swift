import Environments
import Glibc
import Hosts
import NamespaceLab
import Nodes
import Processes
import Values

/// How fast packets pass from host to host of the lab: by the kernel alone, and through the switch that
/// disturbs them.
enum SwitchBench {
  private static let row = "packets"
  private static let datagrams = 9_001
  private static let streams = 9_002

  /// The figures, or why there are none.
  static func all() throws -> [Measurement] {
    guard geteuid() == 0, findProgram("ip") != nil, HostCluster.packetProblem == nil else {
      print("packets: skipped, hosts of the lab need root, iproute2 and /dev/net/tun")
      return []
    }
    let directory = try ScratchDirectory("shrike-bench")
    let cluster = try cluster(in: directory.path)
    defer { cluster.stop() }
    try cluster.start()
    let link = Link(from: NodeID(0), to: NodeID(1))
    let links = [link, Link(from: link.destination, to: link.source)]
    // Passes the switch, which does nothing to it.
    let nothing = Disturbance(.loss, probability: 0)
    // Waits in the switch's queue.
    let delay = Disturbance(
      .delay, probability: 1, latency: .microseconds(500), distribution: .constant)
    var rows = try rows("between hosts", of: cluster, must: (80, 10_000), stretch: (40, 20_000))
    for (name, disturbance, must, stretch) in [
      ("through the switch", nothing, (120.0, 1_000.0), (60.0, 2_000.0)),
      ("delayed by 0.5 ms each way", delay, (1_300.0, 500.0), (1_100.0, 1_000.0)),
    ] {
      _ = cluster.apply(.disturb(disturbance, links))
      rows += try self.rows(name, of: cluster, must: must, stretch: stretch)
      _ = cluster.apply(.calm(disturbance.kind))
      _ = try cluster.advance(until: cluster.now)
    }
    return rows
  }

  private static func cluster(in directory: String) throws -> HostCluster {
    var node = HostedNode(command: [ownExecutable, "bench", "--row", row])
    node.ready = .port(streams)
    let names = NodeNames.numbered(count: 2)
    let system = HostedSystem(names: names, nodes: names.nodes.map { _ in node })
    let directories = HostDirectories(homes: "\(directory)/data", logs: "\(directory)/nodes")
    let settings = HostSettings(logDirectory: directories.logs)
    let lab = NamespaceLab(program: ownExecutable, directories)
    return try HostCluster(system, settings, on: lab) { _ in NoTransport() }
  }

  private static func rows(
    _ name: String, of cluster: HostCluster, must: (Double, Double), stretch: (Double, Double)
  ) throws -> [Measurement] {
    let hosts = cluster.hosts
    let result = try hosts[0].agent.run(
      [ownExecutable, "bench", "--row", "\(row):\(hosts[1].address)"], within: .seconds(60)
    ).checked(on: hosts[0].name)
    let figures = result.output.compactMap { Double($0) }
    guard figures.count == 2 else {
      throw SystemCallError("\(row): no figures: \(result.output)", number: EPROTO)
    }
    return [
      Measurement(
        what: "round trip \(name)", figure: figures[0], unit: "µs", must: must.0,
        stretch: stretch.0),
      Measurement(
        what: "a stream \(name)", figure: figures[1], unit: "Mbit/s", must: must.1,
        stretch: stretch.1),
    ]
  }

  // MARK: On hosts

  /// Is one end of the measurement, where the row says so.
  ///
  /// - Returns: Whether it did.
  static func serve(row text: String) throws -> Bool {
    if text == row { try answer() }
    guard text.hasPrefix("\(row):"),
      case let peer = String(text.dropFirst(row.count + 1)), !peer.isEmpty
    else { return false }
    print(try roundTrip(to: peer))
    print(try stream(to: peer))
    return true
  }

  /// Answers datagrams, and takes in one stream after the other, whose end it answers.
  private static func answer() throws -> Never {
    let datagram = try socket(SOCK_DGRAM, on: "0.0.0.0", datagrams, bind)
    let listener = try socket(SOCK_STREAM, on: "0.0.0.0", streams, bind)
    listen(listener, 8)
    var poller = try Poller()
    poller.watch(datagram, as: 0)
    poller.watch(listener, as: 1)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      for source in poller.wait(-1) {
        guard source == 1 else {
          answerDatagram(datagram, &buffer)
          continue
        }
        let stream = accept(listener, nil, nil)
        while read(stream, &buffer, buffer.count) > 0 {}
        _ = write(stream, buffer, 1)
        close(stream)
      }
    }
  }

  private static func answerDatagram(_ datagram: Int32, _ buffer: inout [UInt8]) {
    var sender = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &sender) { sender in
      sender.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        let count = recvfrom(datagram, &buffer, buffer.count, 0, $0, &size)
        if count > 0 { sendto(datagram, buffer, count, 0, $0, size) }
      }
    }
  }

  /// The median of the round trips of datagrams, in microseconds.
  private static func roundTrip(to peer: String) throws -> Double {
    let datagram = try socket(SOCK_DGRAM, on: peer, datagrams, connect)
    var byte: UInt8 = 0
    let times = (0..<2_000).map { _ in
      let began = monotonicTime()
      _ = write(datagram, &byte, 1)
      _ = read(datagram, &byte, 1)
      return monotonicTime() - began
    }
    return Double(times.sorted()[times.count / 2]) / 1e3
  }

  /// How much a stream carries in two seconds, in megabits a second.
  private static func stream(to peer: String) throws -> Double {
    let stream = try socket(SOCK_STREAM, on: peer, streams, connect)
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    let began = monotonicTime()
    var sent = 0
    while monotonicTime() - began < .seconds(2) {
      sent += max(0, write(stream, buffer, buffer.count))
    }
    shutdown(stream, Int32(SHUT_WR))
    _ = read(stream, &buffer, 1)
    return Double(sent) * 8 / (Double(monotonicTime() - began) / 1e3)
  }

  private static func socket(
    _ type: __socket_type, on address: String, _ port: Int,
    _ call: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32
  ) throws -> Int32 {
    let socket = Glibc.socket(AF_INET, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = in_port_t(UInt16(port)).bigEndian
    inet_pton(AF_INET, address, &target.sin_addr)
    let error = withUnsafePointer(to: &target) { target in
      target.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard error == 0 else { throw SystemCallError("can't use port \(port) of \(address)") }
    return socket
  }
}

/// For nodes that nobody asks anything.
private final class NoTransport: ClientTransport {
  func open(_ endpoints: [Endpoint], report: @escaping @Sendable (TransportEvent) -> Void) {}
  func submit(_ request: Request, as id: RequestID, to node: NodeID) {}
  func close() {}
}
