import Environments
import Glibc
import HostClusters
import Hosts
import NamespaceLab
import Nodes
import Processes
import Testing
import Values

/// A datagram that arrived, and its answer.
struct Arrival {
  var number: Int
  var forth: Nanoseconds
  var back: Nanoseconds
  /// When it arrived, on a clock that all hosts share.
  var time: Nanoseconds
}

struct ChecksumErrors: Equatable {
  var udp = 0
  var tcp = 0
}

/// Answers each datagram with it and when it came, and echoes streams.
private let echo = """
  import socket, threading, time
  def serve(c):
    while True:
      d = c.recv(65536)
      if not d: return
      c.sendall(d)
  def accept(s):
    while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
  threading.Thread(target=accept, args=(socket.create_server(("", 9002)),), daemon=True).start()
  u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("", 9001))
  u.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
  open("up", "w").close()
  while True:
    d, a = u.recvfrom(65536)
    u.sendto(b"%d %s" % (time.monotonic_ns(), d[:40]), a)
  """

/// Hosts that send each other packets, which tests look at where they arrive.
protocol PacketTraffic {
  var directory: ScratchDirectory { get }
}

extension PacketTraffic {
  func cluster(
    count: Int = 3, seed: UInt64 = 1, in folder: String = "lab", capturesPackets: Bool = false,
    usesNetem: Bool? = nil
  ) throws -> FixtureCluster {
    try makeDirectories("\(directory.path)/\(folder)")
    let cluster = try FixtureCluster(
      directory: "\(directory.path)/\(folder)", agent: agentProgram, count: count,
      program: ["python3", "-c", echo],
      change: {
        $0.seed = seed
        $0.capturesPackets = capturesPackets
        $0.usesNetem = usesNetem
      },
      edit: {
        $0.ready = .command(["test", "-e", "up"])
        $0.readyTimeout = .seconds(60)
      })
    try cluster.environment.start()
    return cluster
  }

  /// Sends numbered datagrams from one host to another, one each millisecond.
  ///
  /// - Parameters:
  ///   - size: Of what each carries, in bytes.
  ///   - patience: For how long answers are awaited after the last was sent.
  func send(
    _ cluster: FixtureCluster, _ from: NodeID, _ to: NodeID, count: Int = 50, size: Int = 40,
    patience: Nanoseconds = .seconds(1)
  ) throws -> RunningTool {
    let script = """
      import socket, sys, threading, time
      count, size, patience = int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
      u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.connect((sys.argv[1], 9001))
      found = []
      def receive():
        while True:
          w = u.recv(100).split(); found.append((*w[:3], time.monotonic_ns()))
      threading.Thread(target=receive, daemon=True).start()
      for i in range(count):
        u.send((b"%d %d " % (i, time.monotonic_ns())).ljust(size, b"."))
        time.sleep(0.001)
      end = time.monotonic() + patience
      while len(found) < count and time.monotonic() < end: time.sleep(0.01)
      time.sleep(0.1)
      for w in found: print(int(w[1]), int(w[0]) - int(w[2].rstrip(b".")), w[3] - int(w[0]), int(w[0]))
      """
    return try cluster.host(from).agent.begin(
      ["python3", "-c", script, cluster.host(to).address, "\(count)", "\(size)"]
        + ["\(Double(patience) / 1e9)"])
  }

  func arrivals(
    _ cluster: FixtureCluster, _ from: NodeID, _ sending: RunningTool
  ) throws -> [Arrival] {
    let result = try cluster.host(from).agent.end(sending, within: .seconds(60))
    #expect(result.succeeded, "\(result.errorOutput)")
    return result.output.compactMap { line in
      let numbers = line.split(separator: " ").compactMap { Int64($0) }
      guard numbers.count == 4 else { return nil }
      return Arrival(
        number: Int(numbers[0]), forth: numbers[1], back: numbers[2], time: numbers[3])
    }
  }

  func exchange(
    _ cluster: FixtureCluster, _ from: NodeID, _ to: NodeID, count: Int = 50, size: Int = 40
  ) throws -> [Arrival] {
    try arrivals(cluster, from, send(cluster, from, to, count: count, size: size))
  }

  /// Whether a link passes packets as if nothing had ever been.
  func isHealed(
    _ cluster: FixtureCluster, _ from: NodeID, _ to: NodeID
  ) throws -> Bool {
    let found = try exchange(cluster, from, to)
    let isInOrder = found.sorted { $0.time < $1.time }.map(\.number) == Array(0..<50)
    return isInOrder && found.map(\.forth).min() ?? .max < .milliseconds(20)
  }

  func awaitFile(_ name: String) {
    while access("\(directory.path)/\(name)", F_OK) != 0 { usleep(10_000) }
  }

  /// Speaks over one connection until it is enough, and prints how long each round trip took.
  func talk(
    _ cluster: FixtureCluster, _ from: NodeID, _ to: NodeID
  ) throws -> RunningTool {
    let script = """
      import os, socket, sys, time
      c = socket.create_connection((sys.argv[1], 9002), timeout=10)
      c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
      rounds = []
      open(sys.argv[2] + "/talks", "w").close()
      while not os.path.exists(sys.argv[2] + "/enough"):
        began = time.monotonic()
        c.sendall(b"x")
        assert c.recv(1) == b"x"
        rounds.append(time.monotonic() - began)
        time.sleep(0.01)
      for took in rounds: print(took)
      """
    return try cluster.host(from).agent.begin(
      ["python3", "-c", script, cluster.host(to).address, directory.path])
  }

  /// Whether what is sent over a connection comes back as it was.
  func isWhole(_ cluster: FixtureCluster, _ from: NodeID, _ to: NodeID) throws -> Bool {
    let script = """
      import random, socket, sys, threading
      c = socket.create_connection((sys.argv[1], 9002))
      sent = random.Random(1).randbytes(100_000); got = b""
      threading.Thread(target=c.sendall, args=(sent,), daemon=True).start()
      while len(got) < len(sent): got += c.recv(65536)
      sys.exit(got != sent)
      """
    return try cluster.host(from).agent.run(
      ["python3", "-c", script, cluster.host(to).address], within: .seconds(60)
    ).succeeded
  }

  func checksumErrors(
    _ cluster: FixtureCluster, _ node: NodeID
  ) throws -> ChecksumErrors {
    let lines = try cluster.host(node).agent.run(["cat", "/proc/net/snmp"]).output
    func count(_ name: String) throws -> Int {
      let rows = lines.filter { $0.hasPrefix("\(name): ") }.map { $0.split(separator: " ") }
      let column = try #require(rows.first?.firstIndex(of: "InCsumErrors"))
      return try #require(Int(rows[1][column]))
    }
    return ChecksumErrors(udp: try count("Udp"), tcp: try count("Tcp"))
  }
}

extension FixtureCluster {
  func host(_ node: NodeID) -> Host { environment.hosts[node.index] }
}
