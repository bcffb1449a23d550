import Environments
import Packets
import Testing
import Values

@Suite("What tc is told")
struct NetemTests {
  private let n2: UInt32 = 0x0ad6_000c
  private let n3: UInt32 = 0x0ad6_000d

  private func delay(
    _ distribution: Disturbance.Distribution = .constant, share: Double = 1
  ) -> Disturbance {
    Disturbance(
      .delay, probability: share, latency: .milliseconds(10), distribution: distribution)
  }

  private func wanted(_ disturbances: Disturbance...) -> NetemTree.Wanted {
    Dictionary(disturbances.map { ($0.kind, $0) }) { $1 }
  }

  /// What is told of the disciplines of one link on which all of this is in force.
  private func disciplines(_ disturbances: Disturbance...) throws -> [String] {
    var tree = NetemTree(device: "eth0")
    let wanted = Dictionary(disturbances.map { ($0.kind, $0) }) { $1 }
    return try tree.change(to: [n2: wanted], longestPacket: 1_500).lines.dropFirst(2).dropLast()
      .map { String($0.dropFirst("qdisc add dev eth0 parent ".count)) }
  }

  private let start = [
    "qdisc add dev eth0 root handle 5368: prio bands 16 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
    "filter add dev eth0 parent 5368: protocol ip prio 1 u32 match mark 0x8000000 0xc000000"
      + " flowid 5368:1",
  ]

  @Test("a link is led to a chain of its own, and back when it is to be left alone")
  func oneLink() throws {
    var tree = NetemTree(device: "eth0")
    let change = try tree.change(to: [n2: wanted(delay())], longestPacket: 1_500)
    #expect(
      change.lines == start + [
        "qdisc add dev eth0 parent 5368:2 handle 5420: netem limit 65536 delay 10000us",
        "filter add dev eth0 parent 5368: protocol ip prio 2 u32 match ip dst 10.214.0.12/32"
          + " flowid 5368:2",
      ])
    #expect(
      change.undoing == [
        "qdisc del dev eth0 root", "qdisc del dev eth0 parent 5368:2",
        "filter del dev eth0 parent 5368: protocol ip prio 2",
      ])
    #expect(change.retired.isEmpty)

    let end = try tree.change(to: [:], longestPacket: 1_500)
    #expect(end.lines == ["filter del dev eth0 parent 5368: protocol ip prio 2"])
    #expect(end.retired == [2])
    #expect(tree.clear { _ in 1 } == [], "packets are still on their way")
    #expect(tree.clear { _ in 0 } == ["qdisc del dev eth0 root"])
    #expect(tree.isIdle)
    #expect(try tree.change(to: [n2: wanted(delay())], longestPacket: 1_500) == change)
  }

  @Test("links that are disturbed alike have one chain, but for those of a rate")
  func sharing() throws {
    var tree = NetemTree(device: "eth0")
    let loss = Disturbance(.loss, probability: 0.25)
    _ = try tree.change(to: [n2: wanted(loss), n3: wanted(loss)], longestPacket: 1_500)
    #expect(tree.bands.count == 1 && tree.bands[2]?.peers == [n2, n3])
    let rate = Disturbance(
      .rate, probability: 1, latency: .milliseconds(500), bytesPerSecond: 100_000)
    let change = try tree.change(to: [n2: wanted(rate), n3: wanted(rate)], longestPacket: 1_500)
    #expect(change.retired == [2])
    #expect(tree.bands[3]?.peers == [n2] && tree.bands[4]?.peers == [n3])
    #expect(
      try tree.change(to: [n2: wanted(rate), n3: wanted(rate)], longestPacket: 1_500).lines == [])
    let bucket = "tbf rate 100000bps burst 1564b limit 50000b"
    #expect(
      change.lines.prefix(2) == [
        "qdisc add dev eth0 parent 5368:3 handle 5430: \(bucket)",
        "filter add dev eth0 parent 5368: protocol ip prio 4 u32 match ip dst 10.214.0.12/32"
          + " flowid 5368:3",
      ])
    // The old filters go last.
    #expect(
      change.lines.suffix(2) == [
        "filter del dev eth0 parent 5368: protocol ip prio 2",
        "filter del dev eth0 parent 5368: protocol ip prio 3",
      ])
    #expect(tree.clear { _ in 0 } == ["qdisc del dev eth0 parent 5368:2"])
  }

  @Test("a link on which more is to be done gets another chain, and the other link keeps its own")
  func more() throws {
    var tree = NetemTree(device: "eth0")
    _ = try tree.change(to: [n2: wanted(delay()), n3: wanted(delay())], longestPacket: 1_500)
    let loss = Disturbance(.loss, probability: 1)
    let change = try tree.change(
      to: [n2: wanted(delay(), loss), n3: wanted(delay())], longestPacket: 1_500)
    #expect(
      change.lines == [
        "qdisc add dev eth0 parent 5368:3 handle 5430: netem limit 65536 delay 10000us loss 100.0%",
        "filter add dev eth0 parent 5368: protocol ip prio 4 u32 match ip dst 10.214.0.12/32"
          + " flowid 5368:3",
        "filter del dev eth0 parent 5368: protocol ip prio 2",
      ])
    #expect(change.retired.isEmpty)
    let back = try tree.change(
      to: [n2: wanted(delay()), n3: wanted(delay())], longestPacket: 1_500)
    #expect(back.retired == [3] && tree.bands[2]?.peers == [n2, n3])
  }

  @Test("each kind has its words")
  func kinds() throws {
    let head = "5368:2 handle 5420: netem limit 65536"
    #expect(try disciplines(delay(.uniform)) == ["\(head) delay 5000us 5000us"])
    #expect(
      try disciplines(delay(.exponential)) == [
        "\(head) delay 10000us 20000us distribution shrike-exponential"
      ])
    // A share is delayed, and the rest goes at once.
    #expect(
      try disciplines(delay(share: 0.25)) == ["\(head) delay 10000us reorder 75.0%"])
    let reorder = Disturbance(.reorder, probability: 0.5, latency: .milliseconds(4))
    #expect(try disciplines(reorder) == ["\(head) delay 2000us 2000us reorder 50.0%"])
    let others = [Disturbance.Kind.loss, .duplicate, .corrupt].map {
      Disturbance($0, probability: 0.125)
    }
    #expect(try disciplines(others[0], others[2]) == ["\(head) loss 12.5% corrupt 12.5%"])
    #expect(try disciplines(others[1], others[2]) == ["\(head) duplicate 12.5% corrupt 12.5%"])
    let rate = Disturbance(.rate, probability: 1, latency: .seconds(1), bytesPerSecond: 20_000)
    #expect(
      try disciplines(delay(), others[0], rate) == [
        "\(head) delay 10000us loss 12.5%",
        "5420:1 handle 5421: tbf rate 20000bps burst 1564b limit 20000b",
      ])
  }

  @Test("what netem can't do is told, and stays with the switch")
  func limits() {
    func problem(
      _ kind: Disturbance.Kind, share: Double = 1, latency: Nanoseconds = 0,
      _ distribution: Disturbance.Distribution = .uniform
    ) -> String? {
      NetemChain.problem(
        with: Disturbance(
          kind, probability: share, latency: latency, distribution: distribution,
          bytesPerSecond: 1_000))
    }
    #expect(problem(.clog) == "netem can't hold packets back until a fault ends")
    #expect(problem(.rate, share: 0.5) == "netem keeps all packets of a link to a rate, or none")
    #expect(
      problem(.duplicate, latency: .milliseconds(1))
        == "netem's copies leave beside their originals")
    #expect(problem(.delay) == "netem's delays begin at 2 µs")
    let far = "netem spreads delays by two seconds at most"
    #expect(problem(.delay, latency: .seconds(5)) == far)
    #expect(problem(.reorder, latency: .seconds(5)) == far)
    #expect(problem(.delay, latency: .seconds(2), .exponential) == far)
    #expect(problem(.delay, latency: .seconds(5), .constant) == nil)
    for kind in Disturbance.Kind.allCases where kind != .clog {
      #expect(problem(kind, latency: kind == .duplicate ? 0 : .seconds(1)) == nil, "\(kind)")
    }
  }

  @Test("what netem can't do beside something else is told, whichever comes last")
  func combinations() {
    func problem(_ disturbances: Disturbance...) -> String? {
      NetemChain.problem(with: Dictionary(disturbances.map { ($0.kind, $0) }) { $1 })
    }
    let (loss, copies, damage) = (
      Disturbance(.loss, probability: 0.1), Disturbance(.duplicate, probability: 0.1),
      Disturbance(.corrupt, probability: 0.1)
    )
    func reorder(_ share: Double) -> Disturbance {
      Disturbance(.reorder, probability: share, latency: .milliseconds(4))
    }
    let rate = Disturbance(.rate, probability: 1, latency: .seconds(1), bytesPerSecond: 20_000)
    let makesUp = "netem's copies make up for what it loses on the same link"
    #expect(problem(loss, copies) == makesUp && problem(copies, damage, loss) == makesUp)
    let twice = "netem can't delay and reorder packets of the same link"
    #expect(problem(delay(), reorder(0.5)) == twice && problem(reorder(1), delay()) == twice)
    let hurries = "netem keeps to no rate what it sends at once, past what is late"
    #expect(problem(rate, reorder(0.5)) == hurries && problem(delay(share: 0.9), rate) == hurries)
    #expect(problem(rate, reorder(1)) == nil && problem(rate, delay()) == nil)
    #expect(problem(loss, damage, delay(share: 0.5)) == nil)
    #expect(problem(copies, damage, reorder(0.5)) == nil && problem(loss, rate, delay()) == nil)
  }

  @Test("bands that packets are leaving make room, and when all are in use that is said")
  func room() throws {
    var tree = NetemTree(device: "eth0")
    func shares(_ count: Int, from first: Int) -> [UInt32: NetemTree.Wanted] {
      Dictionary(
        uniqueKeysWithValues: (0..<count).map {
          (n2 + UInt32($0), wanted(Disturbance(.loss, probability: Double(first + $0) / 100)))
        })
    }
    #expect(throws: NetemRefusal("netem disturbs 15 links in ways of their own at most")) {
      var other = tree
      _ = try other.change(to: shares(16, from: 1), longestPacket: 1_500)
    }
    _ = try tree.change(to: shares(15, from: 1), longestPacket: 1_500)
    _ = try tree.change(to: [:], longestPacket: 1_500)
    let change = try tree.change(to: shares(1, from: 50), longestPacket: 1_500)
    #expect(
      change.lines.prefix(2) == [
        "qdisc del dev eth0 parent 5368:2",
        "qdisc add dev eth0 parent 5368:2 handle 5420: netem limit 65536 loss 50.0%",
      ])
    #expect(NetemTree.handle(band: 16, place: 2) == "5502:")
  }

  @Test("a probe that was damaged is told from one that was not, and both have their numbers")
  func probes() throws {
    let header = [UInt8](repeating: 7, count: 34)
    let message = PacketProbe.message(numbered: 4_711)
    func read(_ bytes: [UInt8]) -> (number: UInt16, isWhole: Bool)? {
      bytes.withUnsafeBytes { PacketProbe.numbered($0) }
    }
    let whole = try #require(read(header + message))
    #expect(whole.number == 4_711 && whole.isWhole)
    for bit in 0..<(message.count * 8) {
      var damaged = message
      damaged[bit / 8] ^= 1 << UInt8(bit % 8)
      let found = try #require(read(header + damaged))
      #expect(found.number == 4_711 && !found.isWhole)
    }
    #expect(read(header + PacketProbe.message) == nil && read(header) == nil)
    let foreign = [UInt8](repeating: 0, count: 200)
    #expect(read(foreign) == nil)
  }
}

@Suite("Netem here")
struct NetemProbeTests {
  @Test("it is measured, or it is told in a line why it does not work")
  func measure() {
    do throws(NetemRefusal) {
      #expect(try Netem.measure() >= 2 * Netem.probeDelay)
    } catch {
      #expect(!error.description.isEmpty && !error.description.contains("\n"))
      print("netem:", error)
    }
  }
}
