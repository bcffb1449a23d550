import Environments
import Glibc
import HostClusters
import Hosts
import Nodes
import Packets
import Processes
import Testing
import Values

private let n1 = NodeID(0)
private let n2 = NodeID(1)
private let n3 = NodeID(2)

/// Why netem does not work on this machine; nothing where it does.
private let netemProblem: String? = {
  do throws(NetemRefusal) {
    _ = try Netem.measure()
    return nil
  } catch {
    return error.description
  }
}()

@Suite(
  "Faults of packets by netem", .serialized, .timeLimit(.minutes(10)),
  .enabled(
    if: isRoot && netemProblem == nil, "netem does not work here: \(netemProblem ?? "not root")"))
struct NetemFaultTests: PacketTraffic {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory("shrike-test") }

  private let link = Link(from: n1, to: n2)

  private func begin(
    _ disturbance: Disturbance, _ cluster: FixtureCluster, on links: [Link]? = nil
  ) {
    let begun = cluster.environment.apply(.disturb(disturbance, links ?? [link]))
    #expect(
      begun.tookHold == nil && begun.did.values.allSatisfy { $0.hasSuffix(" by netem") }, "\(begun)"
    )
  }

  /// What is left of netem at a host's device, seen until nothing is or the time is over.
  private func leftovers(_ cluster: FixtureCluster, _ node: NodeID) throws -> [String] {
    let deadline = monotonicTime() + .seconds(5)
    while true {
      let found = try cluster.host(node).agent.run(["tc", "qdisc", "show"]).output
        .filter { line in
          ["netem", "prio", "tbf"].contains { line.hasPrefix("qdisc \($0) ") }
        }
      if found.isEmpty || monotonicTime() > deadline { return found }
      usleep(50_000)
    }
  }

  private func expectHealed(_ cluster: FixtureCluster) throws {
    #expect(try isHealed(cluster, n1, n2))
    #expect(try leftovers(cluster, n1) == [])
  }

  @Test("a delay holds in one direction of one link, and ends; a connection survives both")
  func delay() throws {
    let cluster = try cluster(usesNetem: true)
    let talk = try talk(cluster, n1, n2)
    awaitFile("talks")
    let latency = Nanoseconds.milliseconds(80)
    begin(
      Disturbance(.delay, probability: 1, latency: latency, distribution: .constant), cluster)
    let found = try exchange(cluster, n1, n2)
    #expect(found.count == 50 && found.allSatisfy { $0.forth >= latency })
    print("netem: 80 ms became \(found.map(\.forth).sorted()[25] / 1_000) µs in the middle")
    #expect(found.map(\.back).min() ?? .max < .milliseconds(40))
    #expect(try exchange(cluster, n2, n1).map(\.forth).min() ?? .max < .milliseconds(40))
    #expect(try exchange(cluster, n1, n3).map(\.forth).min() ?? .max < .milliseconds(40))
    let report = cluster.environment.apply(.calm(.delay))
    #expect(report.tookHold == true)
    #expect(report.affected ?? 0 >= 50 && report.exercised == report.affected)
    try expectHealed(cluster)
    #expect(cluster.environment.apply(.calm(.delay)) == FaultReport(), "there is nothing to end")
    try makeDirectories("\(directory.path)/enough")
    let said = try cluster.host(n1).agent.end(talk, within: .seconds(60))
    #expect(said.succeeded, "\(said)")
    let rounds = said.output.compactMap { Double($0) }
    #expect(rounds.contains { $0 >= 0.08 } && rounds.contains { $0 < 0.04 })
  }

  @Test("delays spread as asked", arguments: [Disturbance.Distribution.uniform, .exponential])
  func spread(_ distribution: Disturbance.Distribution) throws {
    let cluster = try cluster(usesNetem: true)
    begin(
      Disturbance(
        .delay, probability: 1, latency: .milliseconds(100), distribution: distribution), cluster)
    let delays = try exchange(cluster, n1, n2, count: 300).map(\.forth)
    #expect(delays.count == 300)
    let mean = delays.reduce(0, +) / 300
    print("netem: \(distribution) of 100 ms, mean \(mean / 1_000) µs, most \(delays.max() ?? 0)")
    // A machine that is slow makes them later, and none sooner.
    let isUniform = distribution == .uniform
    #expect(mean >= .milliseconds(isUniform ? 40 : 80))
    #expect(delays.count { $0 < .milliseconds(60) } > 30)
    #expect(delays.contains { $0 > .milliseconds(isUniform ? 80 : 250) })
    #expect(cluster.environment.apply(.calm(.delay)).tookHold == true)
    try expectHealed(cluster)
  }

  @Test("a share of packets is delayed, and the others go at once; what is late comes later")
  func share() throws {
    let cluster = try cluster(usesNetem: true)
    begin(
      Disturbance(.delay, probability: 0.3, latency: .milliseconds(150), distribution: .constant),
      cluster)
    let found = try exchange(cluster, n1, n2, count: 200)
    let late = found.count { $0.forth >= .milliseconds(150) }
    #expect(found.count == 200 && (30...90).contains(late))
    #expect(found.count { $0.forth < .milliseconds(50) } > 100)
    let report = cluster.environment.apply(.calm(.delay))
    #expect(report.tookHold == true && report.affected == late && report.exercised == 200)
    try expectHealed(cluster)
  }

  @Test("loss takes the share that was asked, and answers are lost, too")
  func loss() throws {
    let cluster = try cluster(usesNetem: true)
    begin(Disturbance(.loss, probability: 0.3), cluster)
    let found = try exchange(cluster, n1, n2, count: 300)
    #expect(try exchange(cluster, n2, n1, count: 100).count < 100)
    let report = cluster.environment.apply(.calm(.loss))
    #expect(report.tookHold == true && report.exercised == 400)
    #expect((60...120).contains(300 - found.count))
    #expect((80...160).contains(report.affected ?? 0))
    try expectHealed(cluster)
  }

  @Test("copies arrive beside their originals, on two links at a time")
  func duplicate() throws {
    let cluster = try cluster(usesNetem: true)
    begin(
      Disturbance(.duplicate, probability: 0.5), cluster, on: [link, Link(from: n1, to: n3)])
    for other in [n2, n3] {
      let found = try exchange(cluster, n1, other, count: 200)
      #expect(Set(found.map(\.number)).count == 200 && (270...330).contains(found.count))
    }
    let report = cluster.environment.apply(.calm(.duplicate))
    #expect(report.tookHold == true && report.affected == nil)
    // What copies leave behind is in the way of nothing.
    begin(Disturbance(.loss, probability: 1), cluster)
    #expect(cluster.environment.apply(.calm(.loss)).tookHold == true)
    try expectHealed(cluster)
  }

  @Test("packets that are late arrive behind those that were sent after them")
  func reorder() throws {
    let cluster = try cluster(usesNetem: true)
    begin(Disturbance(.reorder, probability: 0.3, latency: .milliseconds(50)), cluster)
    let found = try exchange(cluster, n1, n2, count: 200)
    let report = cluster.environment.apply(.calm(.reorder))
    #expect(report.tookHold == true && (30...90).contains(report.affected ?? 0), "\(report)")
    let numbers = found.sorted { $0.time < $1.time }.map(\.number)
    #expect(numbers.count == 200 && numbers != numbers.sorted())
    try expectHealed(cluster)
  }

  @Test("checksums catch packets that were damaged, and streams arrive whole all the same")
  func corrupt() throws {
    let cluster = try cluster(usesNetem: true)
    let before = try checksumErrors(cluster, n2)
    begin(Disturbance(.corrupt, probability: 0.3), cluster)
    let found = try exchange(cluster, n1, n2, count: 200, size: 1_000)
    let damaged = try checksumErrors(cluster, n2).udp - before.udp
    // A bit of the headers of the network card or of IP is seen before the checksum.
    #expect((30...90).contains(200 - found.count) && damaged > 20)
    #expect(try isWhole(cluster, n1, n2))
    let report = cluster.environment.apply(.calm(.corrupt))
    #expect(report.tookHold == true && report.affected == nil)
    let after = try checksumErrors(cluster, n2)
    try expectHealed(cluster)
    #expect(try isWhole(cluster, n1, n2) && checksumErrors(cluster, n2) == after)
  }

  @Test("a link of a rate carries no more, and loses what would wait too long")
  func rate() throws {
    let cluster = try cluster(usesNetem: true)
    begin(
      Disturbance(.rate, probability: 1, latency: .milliseconds(500), bytesPerSecond: 100_000),
      cluster, on: [link, Link(from: n1, to: n3)])
    let found = try exchange(cluster, n1, n2, count: 128, size: 996)
    let report = cluster.environment.apply(.calm(.rate))
    #expect(report.tookHold == true && report.affected == 128, "\(report)")
    let times = found.map(\.time).sorted()
    #expect(found.count < 128 && found.count > 40)
    // 1,024 bytes each, of which the bucket lets one pass at once.
    let carried = Nanoseconds(found.count - 2) * .microseconds(10_240)
    let took = (times.last ?? 0) - (times.first ?? 0)
    print("netem: \(found.count) KiB at 100 kB/s took \(took / 1_000_000) ms")
    #expect(took >= carried * 9 / 10)
    try expectHealed(cluster)
  }

  @Test("several kinds hold at a time, each on its links, and each heals by itself")
  func together() throws {
    let cluster = try cluster(usesNetem: true)
    let environment = cluster.environment
    let delay = Disturbance(
      .delay, probability: 1, latency: .milliseconds(80), distribution: .constant)
    let toThird = Link(from: n1, to: n3)
    begin(delay, cluster, on: [link, toThird])
    begin(Disturbance(.loss, probability: 1), cluster, on: [toThird])
    #expect(try exchange(cluster, n1, n3).isEmpty)
    let late = try exchange(cluster, n1, n2)
    #expect(late.count == 50 && late.allSatisfy { $0.forth >= .milliseconds(80) })
    #expect(environment.apply(.calm(.loss)).tookHold == true)
    let found = try exchange(cluster, n1, n3)
    #expect(found.count == 50 && found.allSatisfy { $0.forth >= .milliseconds(80) })
    let report = environment.apply(.calm(.delay))
    #expect(report.tookHold == true && report.affected ?? 0 >= 100)
    #expect(try isHealed(cluster, n1, n3))
    try expectHealed(cluster)
  }

  @Test("what is delayed when a fault ends still arrives, and later packets pass it")
  func inFlight() throws {
    let cluster = try cluster(usesNetem: true)
    let delay = Disturbance(
      .delay, probability: 1, latency: .seconds(2), distribution: .constant)
    begin(delay, cluster)
    let sending = try send(cluster, n1, n2, patience: .seconds(20))
    usleep(1_000_000)
    #expect(cluster.environment.apply(.calm(.delay)).tookHold == true)
    #expect(try isHealed(cluster, n1, n2))
    let found = try arrivals(cluster, n1, sending)
    #expect(found.count == 50)
    try expectHealed(cluster)
  }

  @Test("a link on which nothing is sent is disturbed as well, which probes show")
  func silence() throws {
    let cluster = try cluster(usesNetem: true)
    for kind in Disturbance.Kind.allCases where kind != .clog {
      let isCounted = ![.duplicate, .corrupt].contains(kind)
      begin(
        Disturbance(
          kind, probability: kind == .rate ? 1 : 0.2,
          latency: kind == .duplicate ? 0 : .milliseconds(10), bytesPerSecond: 1_000_000),
        cluster, on: [link, Link(from: n3, to: n2)])
      let report = cluster.environment.apply(.calm(kind))
      #expect(
        report
          == FaultReport(tookHold: true, affected: isCounted ? 0 : nil, exercised: 0), "\(kind)")
      #expect(try leftovers(cluster, n1) == [])
    }
    for _ in 0..<8 {
      begin(Disturbance(.corrupt, probability: 1), cluster)
      #expect(cluster.environment.apply(.calm(.corrupt)).tookHold == true)
    }
    begin(Disturbance(.loss, probability: 0), cluster)
    #expect(cluster.environment.apply(.calm(.loss)).tookHold == false)
    begin(Disturbance(.corrupt, probability: 0), cluster)
    #expect(cluster.environment.apply(.calm(.corrupt)).tookHold == false)
  }

  @Test("damage is seen behind a delay, too")
  func late() throws {
    let cluster = try cluster(usesNetem: true)
    begin(
      Disturbance(
        .delay, probability: 1, latency: .milliseconds(1_500), distribution: .constant), cluster)
    begin(Disturbance(.corrupt, probability: 0.5), cluster)
    #expect(cluster.environment.apply(.calm(.corrupt)).tookHold == true)
    #expect(cluster.environment.apply(.calm(.delay)).tookHold == true)
    try expectHealed(cluster)
  }

  @Test("whether damage took hold is not known where a delay hides it for too long")
  func hidden() throws {
    let cluster = try cluster(usesNetem: true)
    begin(
      Disturbance(.delay, probability: 1, latency: .seconds(8), distribution: .constant), cluster)
    begin(Disturbance(.corrupt, probability: 1), cluster)
    let report = cluster.environment.apply(.calm(.corrupt))
    #expect(report == FaultReport(exercised: 0))
    #expect(cluster.environment.apply(.calm(.delay)).tookHold == true)
    #expect(try isHealed(cluster, n1, n2))
  }

  @Test("a kind ends on more links than can be changed at once, and another one goes on")
  func many() throws {
    let cluster = try cluster(count: 9, usesNetem: true)
    let links = (1..<9).map { Link(from: n1, to: NodeID($0)) }
    begin(Disturbance(.loss, probability: 1), cluster, on: links)
    let rate = Disturbance(
      .rate, probability: 1, latency: .seconds(1), bytesPerSecond: 1_000_000)
    begin(rate, cluster, on: links)
    #expect(try exchange(cluster, n1, n2).isEmpty)
    let report = cluster.environment.apply(.calm(.loss))
    #expect(report.tookHold == true && report.affected ?? 0 >= 50)
    #expect(try isHealed(cluster, n1, n2))
    let shown = try cluster.host(n1).agent.run(["tc", "qdisc", "show"]).output
    #expect(shown.count { $0.hasPrefix("qdisc tbf ") } == 8)
    #expect(!shown.contains { $0.hasPrefix("qdisc netem ") })
    #expect(cluster.environment.apply(.calm(.rate)).tookHold == true)
    try expectHealed(cluster)
  }

  @Test(
    "what netem does not do well together is shared with the switch, and both hold",
    .enabled(if: hasTunnels, "the switch needs /dev/net/tun"))
  func shared() throws {
    let cluster = try cluster(usesNetem: true)
    begin(Disturbance(.reorder, probability: 0.5, latency: .milliseconds(20)), cluster)
    let rate = Disturbance(
      .rate, probability: 1, latency: .seconds(1), bytesPerSecond: 100_000)
    let begun = cluster.environment.apply(.disturb(rate, [link]))
    let reason = "netem keeps to no rate what it sends at once, past what is late"
    #expect(begun == FaultReport(did: [n1: "rate of packets to n2 by its switch (\(reason))"]))
    let times = try exchange(cluster, n1, n2, count: 64, size: 996).map(\.time).sorted()
    #expect(times.count == 64 && (times.last ?? 0) - (times.first ?? 0) > .milliseconds(550))
    #expect(cluster.environment.apply(.calm(.rate)).tookHold == true)
    #expect(cluster.environment.apply(.calm(.reorder)).tookHold == true)
    try expectHealed(cluster)
  }

  @Test(
    "netem that another agent has for a moment is used when that is over",
    .enabled(if: hasTunnels, "the switch needs /dev/net/tun"))
  func claimed() throws {
    let cluster = try cluster(usesNetem: true)
    let script = """
      import os, socket, sys, time
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("\\0shrike-netem")
      open(sys.argv[1] + "/claimed", "w").close()
      while not os.path.exists(sys.argv[1] + "/free"): time.sleep(0.01)
      """
    let other = try cluster.host(n1).agent.begin(["python3", "-c", script, directory.path])
    awaitFile("claimed")
    let loss = Disturbance(.loss, probability: 1)
    let begun = cluster.environment.apply(.disturb(loss, [link]))
    let reason = "another agent of this machine has netem"
    #expect(begun == FaultReport(did: [n1: "loss of packets to n2 by its switch (\(reason))"]))
    #expect(cluster.environment.apply(.calm(.loss)).tookHold == true)
    try makeDirectories("\(directory.path)/free")
    #expect(try cluster.host(n1).agent.end(other, within: .seconds(60)).succeeded)
    begin(loss, cluster)
    #expect(cluster.environment.apply(.calm(.loss)).tookHold == true)
    try expectHealed(cluster)
  }

  @Test(
    "the switch does what netem can't, beside it, and the report says so",
    .enabled(if: hasTunnels, "the switch needs /dev/net/tun"))
  func beside() throws {
    let cluster = try cluster(usesNetem: true)
    let environment = cluster.environment
    let latency = Nanoseconds.milliseconds(80)
    begin(
      Disturbance(.delay, probability: 1, latency: latency, distribution: .constant), cluster)
    let clogged = environment.apply(.disturb(Disturbance(.clog, probability: 1), [link]))
    let reason = "netem can't hold packets back until a fault ends"
    #expect(clogged == FaultReport(did: [n1: "clog of packets to n2 by its switch (\(reason))"]))
    #expect(try exchange(cluster, n1, n2).isEmpty)
    #expect(environment.apply(.calm(.clog)).tookHold == true)
    let found = try exchange(cluster, n1, n2)
    #expect(found.count >= 50 && found.allSatisfy { $0.forth >= latency })
    #expect(environment.apply(.calm(.delay)).tookHold == true)
    try expectHealed(cluster)
  }

  @Test(
    "what somebody has made of a device is not touched",
    .enabled(if: hasTunnels, "the switch needs /dev/net/tun"))
  func foreign() throws {
    let cluster = try cluster(usesNetem: true)
    let agent = cluster.host(n1).agent
    #expect(
      try agent.run(["tc", "qdisc", "add", "dev", "eth0", "root", "handle", "7:", "prio"]).succeeded
    )
    let begun = cluster.environment.apply(.disturb(Disturbance(.loss, probability: 1), [link]))
    let reason = "eth0 has a queueing discipline of its own (prio 7:)"
    #expect(begun == FaultReport(did: [n1: "loss of packets to n2 by its switch (\(reason))"]))
    #expect(cluster.environment.apply(.calm(.loss)).tookHold == true)
    #expect(
      try agent.run(["tc", "qdisc", "show", "dev", "eth0"]).output.first?.hasPrefix("qdisc prio 7:")
        == true)
  }

  @Test("what an agent that was killed has left on a machine is removed")
  func sweep() throws {
    let cluster = try cluster(usesNetem: true)
    let agent = cluster.host(n1).agent
    let left = """
      qdisc add dev eth0 root handle 5368: prio
      qdisc add dev eth0 parent 5368:2 netem loss 100%
      """
    #expect(try agent.run(["tc", "-batch", "-"], input: left + "\n").succeeded)
    begin(Disturbance(.loss, probability: 1), cluster)
    #expect(cluster.environment.apply(.calm(.loss)).tookHold == true)
    try expectHealed(cluster)
  }
}

@Suite(
  "Packets where there is no netem", .serialized, .timeLimit(.minutes(2)),
  .enabled(
    if: hasTunnels && netemProblem != nil, "netem works here, or there is no switch"))
struct NoNetemTests: PacketTraffic {
  let directory: ScratchDirectory

  init() throws { directory = try ScratchDirectory("shrike-test") }

  @Test("the switch is used, and the report says why")
  func fallback() throws {
    let cluster = try cluster(usesNetem: true)
    let link = Link(from: n1, to: n2)
    let begun = cluster.environment.apply(.disturb(Disturbance(.loss, probability: 1), [link]))
    let reason = try #require(netemProblem)
    #expect(begun == FaultReport(did: [n1: "loss of packets to n2 by its switch (\(reason))"]))
    #expect(try exchange(cluster, n1, n2).isEmpty)
    #expect(cluster.environment.apply(.calm(.loss)).tookHold == true)
    #expect(try isHealed(cluster, n1, n2))
  }
}
