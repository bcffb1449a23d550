import Environments
import Glibc
import HostClusters
import Hosts
import NamespaceLab
import Nodes
import Processes
import Testing
import Values

private let n1 = NodeID(0)
private let n2 = NodeID(1)
private let n3 = NodeID(2)

@Suite(
  "Faults of packets on hosts", .serialized, .timeLimit(.minutes(5)),
  .enabled(if: hasTunnels, "the switch of packets needs root and /dev/net/tun"))
struct PacketFaultTests: PacketTraffic {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory("shrike-test") }

  let link = Link(from: n1, to: n2)

  @Test("a delay holds in one direction of one link, and ends; a connection survives both")
  func delay() throws {
    let cluster = try cluster()
    let environment = cluster.environment
    let talk = try talk(cluster, n1, n2)
    let disturbance = Disturbance(
      .delay, probability: 1, latency: .milliseconds(80), distribution: .constant)
    awaitFile("talks")
    let begun = environment.apply(.disturb(disturbance, [link]))
    #expect(begun == FaultReport(did: [n1: "delay of packets to n2"]))
    let found = try exchange(cluster, n1, n2)
    #expect(found.count == 50)
    #expect(found.allSatisfy { $0.forth >= .milliseconds(80) })
    #expect(found.map(\.back).min() ?? .max < .milliseconds(40))
    #expect(try exchange(cluster, n2, n1).map(\.forth).min() ?? .max < .milliseconds(40))
    #expect(try exchange(cluster, n1, n3).map(\.forth).min() ?? .max < .milliseconds(40))
    let report = environment.apply(.calm(.delay))
    #expect(report.tookHold == true)
    #expect(report.affected ?? 0 >= 50 && report.exercised == report.affected)
    #expect(try isHealed(cluster, n1, n2))
    #expect(environment.apply(.calm(.delay)) == FaultReport(), "there is nothing to end")
    try makeDirectories("\(directory.path)/enough")
    let said = try cluster.host(n1).agent.end(talk, within: .seconds(60))
    #expect(said.succeeded, "\(said)")
    let rounds = said.output.compactMap { Double($0) }
    #expect(rounds.contains { $0 >= 0.08 } && rounds.contains { $0 < 0.04 })
  }

  @Test("loss takes the share that was asked, of the packets that the seed says")
  func loss() throws {
    func lost(seed: UInt64, in folder: String) throws -> [Int] {
      let cluster = try cluster(seed: seed, in: folder)
      let environment = cluster.environment
      let disturbance = Disturbance(.loss, probability: 0.3)
      #expect(environment.apply(.disturb(disturbance, [link])).tookHold == nil)
      let found = try exchange(cluster, n1, n2, count: 300)
      #expect(try exchange(cluster, n2, n1, count: 100).count < 100, "answers are lost, too")
      let report = environment.apply(.calm(.loss))
      #expect(report.tookHold == true && report.exercised == 400)
      #expect((60...120).contains(300 - found.count))
      #expect(try isHealed(cluster, n1, n2))
      cluster.environment.stop()
      return Set(0..<300).subtracting(found.map(\.number)).sorted()
    }
    let first = try lost(seed: 1, in: "first")
    #expect(try lost(seed: 1, in: "same") == first)
    #expect(try lost(seed: 2, in: "other") != first)
  }

  @Test("copies arrive beside their originals")
  func duplicate() throws {
    let cluster = try cluster()
    let environment = cluster.environment
    let disturbance = Disturbance(.duplicate, probability: 0.5, latency: .milliseconds(5))
    #expect(environment.apply(.disturb(disturbance, [link])).tookHold == nil)
    let found = try exchange(cluster, n1, n2, count: 200)
    let report = environment.apply(.calm(.duplicate))
    #expect(report.tookHold == true && report.exercised == 200)
    #expect(Set(found.map(\.number)).count == 200)
    #expect(found.count == 200 + (report.affected ?? 0))
    #expect((70...130).contains(report.affected ?? 0))
    #expect(try isHealed(cluster, n1, n2))
  }

  @Test("packets that are late arrive behind those that were sent after them")
  func reorder() throws {
    let cluster = try cluster()
    let environment = cluster.environment
    let disturbance = Disturbance(.reorder, probability: 0.3, latency: .milliseconds(50))
    #expect(environment.apply(.disturb(disturbance, [link])).tookHold == nil)
    let found = try exchange(cluster, n1, n2, count: 200)
    let report = environment.apply(.calm(.reorder))
    #expect(report.tookHold == true && (30...90).contains(report.affected ?? 0))
    let numbers = found.sorted { $0.time < $1.time }.map(\.number)
    #expect(numbers.count == 200 && numbers != numbers.sorted())
    #expect(try isHealed(cluster, n1, n2))
  }

  @Test("checksums catch packets that were damaged, and streams arrive whole all the same")
  func corrupt() throws {
    let cluster = try cluster()
    let environment = cluster.environment
    let before = try checksumErrors(cluster, n2)
    let disturbance = Disturbance(.corrupt, probability: 0.3)
    #expect(environment.apply(.disturb(disturbance, [link])).tookHold == nil)
    let found = try exchange(cluster, n1, n2, count: 200, size: 1_000)
    let damaged = try checksumErrors(cluster, n2).udp - before.udp
    // A length that is too great is found before the checksum.
    #expect(abs(200 - found.count - damaged) < 5 && (30...90).contains(damaged))
    #expect(try isWhole(cluster, n1, n2))
    #expect(try checksumErrors(cluster, n2).tcp > before.tcp)
    #expect(environment.apply(.calm(.corrupt)).tookHold == true)
    let after = try checksumErrors(cluster, n2)
    #expect(try isHealed(cluster, n1, n2) && isWhole(cluster, n1, n2))
    #expect(try checksumErrors(cluster, n2) == after)
  }

  @Test("a link of a rate carries no more, and loses what would wait too long")
  func rate() throws {
    let cluster = try cluster()
    let environment = cluster.environment
    let disturbance = Disturbance(
      .rate, probability: 1, latency: .milliseconds(500), bytesPerSecond: 100_000)
    #expect(environment.apply(.disturb(disturbance, [link])).tookHold == nil)
    // 128 KiB in a fifth of a second, of which a half second's worth waits.
    let found = try exchange(cluster, n1, n2, count: 128, size: 996)
    let report = environment.apply(.calm(.rate))
    #expect(report.tookHold == true && report.affected == 128)
    let times = found.map(\.time).sorted()
    #expect(found.count < 128 && found.count > 50)
    #expect(found.allSatisfy { $0.forth >= .milliseconds(10) })
    // 1,024 bytes each.
    let carried = Nanoseconds(found.count - 1) * .microseconds(10_240)
    #expect((times.last ?? 0) - (times.first ?? 0) >= carried * 9 / 10)
    #expect(try isHealed(cluster, n1, n2))
  }

  @Test("a clogged link holds all packets back, and lets go of them when it ends")
  func clog() throws {
    let cluster = try cluster()
    let environment = cluster.environment
    let disturbance = Disturbance(.clog, probability: 1)
    #expect(environment.apply(.disturb(disturbance, [link])).tookHold == nil)
    #expect(try exchange(cluster, n1, n2).isEmpty)
    let sending = try send(cluster, n1, n2, patience: .seconds(20))
    // Waits for the last of the second fifty.
    let deadline = environment.now + .seconds(20)
    while environment.now < deadline, try carried(cluster, n1) < 100 { usleep(20_000) }
    let report = environment.apply(.calm(.clog))
    #expect(report.tookHold == true && report.affected == 100)
    let found = try arrivals(cluster, n1, sending)
    #expect(found.sorted { $0.time < $1.time }.map(\.number) == Array(0..<50))
    #expect(try isHealed(cluster, n1, n2))
  }

  @Test("a clogged link that is full loses what comes last, which is said; others have their room")
  func fullClog() throws {
    let cluster = try cluster()
    let environment = cluster.environment
    let delay = Disturbance(
      .delay, probability: 1, latency: .milliseconds(60), distribution: .constant)
    #expect(environment.apply(.disturb(delay, [Link(from: n1, to: n3)])).tookHold == nil)
    #expect(
      environment.apply(.disturb(Disturbance(.clog, probability: 1), [link])).tookHold == nil)
    let flood = """
      import socket, sys, time
      u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.connect((sys.argv[1], 9))
      for i in range(5000):
        u.send(b"x")
        if i % 100 == 0: time.sleep(0.002)
      """
    let sent = try cluster.host(n1).agent.run(
      ["python3", "-c", flood, cluster.host(n2).address], within: .seconds(60))
    #expect(sent.succeeded)
    let found = try exchange(cluster, n1, n3)
    #expect(found.count == 50 && found.allSatisfy { $0.forth >= .milliseconds(60) })
    let report = environment.apply(.calm(.clog))
    let lost = "904 packets were lost for want of room in its switch"
    #expect(
      report == FaultReport(did: [n1: lost], tookHold: true, affected: 5_000, exercised: 5_000))
    #expect(environment.apply(.calm(.delay)).did.isEmpty)
    #expect(try isHealed(cluster, n1, n2) && isHealed(cluster, n1, n3))
  }

  @Test("a host that can make no device refuses by name, and the others are left as they were")
  func refusal() throws {
    let cluster = try cluster()
    let environment = cluster.environment
    let hidden = try cluster.host(n2).agent.run(
      ["mount", "--bind", "/dev/null", "/dev/net/tun"])
    #expect(hidden.succeeded, "\(hidden)")
    let loss = Disturbance(.loss, probability: 1)
    let report = environment.apply(.disturb(loss, [link, Link(from: n2, to: n1)]))
    #expect(report.tookHold == false && report.did.count == 2)
    let reason =
      "nothing: host \(cluster.host(n2).name): can't make a network device (/dev/net/tun)"
    #expect(report.did.values.allSatisfy { $0.hasPrefix(reason) }, "\(report)")
    #expect(try isHealed(cluster, n1, n2) && isHealed(cluster, n2, n1))
    #expect(environment.apply(.calm(.loss)) == FaultReport(), "there is nothing to end")
    // The run goes on.
    #expect(environment.apply(.disturb(loss, [link])).tookHold == nil)
    #expect(try exchange(cluster, n1, n2).isEmpty)
    #expect(environment.apply(.calm(.loss)).tookHold == true)
    #expect(try isHealed(cluster, n1, n2))
  }

  /// How many packets a host has sent into its switch.
  private func carried(_ cluster: FixtureCluster, _ node: NodeID) throws -> Int {
    let lines = try cluster.host(node).agent.run(["cat", "/proc/net/dev"]).output
    let words = try #require(lines.first { $0.contains("shrike0:") }).split { " :".contains($0) }
    return try #require(Int(words[10]))
  }

  @Test("a partition and disturbances hold at a time, and each heals by itself")
  func together() throws {
    let cluster = try cluster()
    let environment = cluster.environment
    let delay = Disturbance(
      .delay, probability: 1, latency: .milliseconds(60), distribution: .constant)
    let loss = Disturbance(.loss, probability: 1)
    let toThird = Link(from: n1, to: n3)
    #expect(environment.apply(.disturb(delay, [link, toThird])).tookHold == nil)
    #expect(environment.apply(.disturb(loss, [toThird])).tookHold == nil)
    #expect(environment.apply(.cut([toThird, Link(from: n2, to: n3)])).tookHold == true)
    #expect(try exchange(cluster, n2, n3).isEmpty)
    #expect(try exchange(cluster, n1, n3).isEmpty)
    let late = try exchange(cluster, n1, n2)
    #expect(late.count == 50 && late.allSatisfy { $0.forth >= .milliseconds(60) })
    // The probe of a partition that ends is neither late nor lost.
    #expect(environment.apply(.mend).tookHold == true)
    #expect(try exchange(cluster, n1, n3).isEmpty && isHealed(cluster, n2, n3))
    #expect(environment.apply(.calm(.loss)).tookHold == true)
    let found = try exchange(cluster, n1, n3)
    #expect(found.count == 50 && found.allSatisfy { $0.forth >= .milliseconds(60) })

    // Another of its kind takes its place.
    let replaced = environment.apply(.disturb(delay, [Link(from: n2, to: n1)]))
    #expect(replaced.affected ?? 0 >= 100 && replaced.tookHold == nil)
    #expect(try isHealed(cluster, n1, n2) && isHealed(cluster, n1, n3))
    let back = try exchange(cluster, n2, n1)
    #expect(back.count == 50 && back.allSatisfy { $0.forth >= .milliseconds(60) })
    #expect(environment.apply(.calm(.delay)).tookHold == true)
    #expect(try isHealed(cluster, n2, n1))
  }

  @Test("a link on which nothing is sent is disturbed as well, which probes show")
  func silence() throws {
    let cluster = try cluster()
    let environment = cluster.environment
    for kind in Disturbance.Kind.allCases {
      let disturbance = Disturbance(
        kind, probability: 0.2, latency: .milliseconds(10), bytesPerSecond: 1_000_000)
      let links = [link, Link(from: n3, to: n2)]
      #expect(environment.apply(.disturb(disturbance, links)).tookHold == nil)
      let report = environment.apply(.calm(kind))
      #expect(report == FaultReport(tookHold: true, affected: 0, exercised: 0), "\(kind)")
    }
    let never = Disturbance(.loss, probability: 0)
    #expect(environment.apply(.disturb(never, [link])).tookHold == nil)
    #expect(environment.apply(.calm(.loss)).tookHold == false)
    let rules = try cluster.host(n1).agent.run(["ip", "rule"]).output
    #expect(rules.count == 3, "\(rules)")
  }

  @Test("messages of a type can't be told from others")
  func types() throws {
    let cluster = try cluster()
    let disturbance = Disturbance(.loss, probability: 1, messageTypes: ["append"])
    let report = cluster.environment.apply(.disturb(disturbance, [link]))
    let reason = "nothing: packets have no types of messages, such as append"
    #expect(report == FaultReport(did: [n1: reason], tookHold: false))
  }

  @Test("rules that a controller left behind on a machine are removed")
  func leftovers() throws {
    let cluster = try cluster()
    let agent = cluster.host(n1).agent
    func rules() throws -> [String] { try agent.run(["ip", "rule"]).output }
    let before = try rules()
    // Of a device of number 7, and of somebody else.
    let left = "rule add pref 83 iif lo ipproto udp fwmark 0/0x8000000 table 1399324679"
    let foreign = "rule add pref 83 iif lo ipproto udp table 77"
    let made = try agent.run(["ip", "-batch", "-"], input: "\(left)\n\(foreign)\n")
    #expect(try made.succeeded && rules().count == before.count + 2)
    #expect(
      cluster.environment.apply(.disturb(Disturbance(.clog, probability: 1), [link])).tookHold
        == nil)
    #expect(cluster.environment.apply(.calm(.clog)).tookHold == true)
    #expect(try rules().count == before.count + 1 && rules().contains { $0.contains(" 77") })
  }

  @Test("captured packets can be read, and are those that were sent and came")
  func capture() throws {
    let cluster = try cluster(capturesPackets: true)
    let found = try exchange(cluster, n1, n2)
    #expect(found.count == 50)
    let ended = Nanoseconds(time(nil)) * .seconds(1)
    let addresses = cluster.environment.hosts.map(\.address)
    cluster.environment.stop()
    for node in ["n1", "n2"] {
      let path = "\(directory.path)/lab/nodes/\(node)/packets.pcap"
      let packets = try CapturedPacket.all(in: #require(bytes(ofFile: path)))
      let sent = packets.filter { $0.port == 9001 }
      #expect(sent.count == 50, "\(node)")
      #expect(sent.allSatisfy { $0.source == addresses[0] && $0.destination == addresses[1] })
      #expect(packets.count { $0.source == addresses[1] } >= 50)
      #expect(packets.allSatisfy { abs($0.time - ended) < .seconds(120) })
      #expect(zip(packets, packets.dropFirst()).allSatisfy { $0.time <= $1.time })
    }
  }
}

/// An IPv4 packet as a capture has it.
private struct CapturedPacket {
  var time: Nanoseconds
  var source: String
  var destination: String
  /// The port that a datagram is for.
  var port: Int

  /// The IPv4 packets of a file in libpcap's format, of Ethernet frames.
  static func all(in file: [UInt8]) throws -> [CapturedPacket] {
    func number(_ place: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(file[place + $1]) << (8 * $1) }
    }
    try #require(file.count >= 24 && number(0) == 0xa1b2_3c4d)
    try #require(file[4] == 2 && file[6] == 4 && number(20) == 1)
    var packets: [CapturedPacket] = []
    var place = 24
    while place < file.count {
      let (kept, length) = (number(place + 8), number(place + 12))
      try #require(kept <= length && place + 16 + kept <= file.count)
      let time = Nanoseconds(number(place)) * .seconds(1) + Nanoseconds(number(place + 4))
      let frame = Array(file[(place + 16)..<(place + 16 + kept)])
      place += 16 + kept
      guard frame.count >= 38, frame[12] == 8, frame[13] == 0 else { continue }
      func address(_ first: Int) -> String {
        frame[first..<first + 4].map { "\($0)" }.joined(separator: ".")
      }
      packets.append(
        CapturedPacket(
          time: time, source: address(26), destination: address(30),
          port: frame[23] == 17 ? Int(frame[36]) << 8 | Int(frame[37]) : 0))
    }
    return packets
  }
}
