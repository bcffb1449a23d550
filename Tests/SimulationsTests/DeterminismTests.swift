import Environments
import Nodes
import Simulations
import Testing
import Values

struct DeterminismTests {
  /// What a run under many faults leaves behind.
  struct Run: Equatable {
    var digest: UInt64
    var handledCount: Int
    var events: [EnvironmentEvent]
    var faults: FaultTally
    var traffic: Traffic
    var trace: [String] = []
  }

  @Test("the same seed gives the same history", arguments: 0..<20 as Range<UInt64>)
  func repeats(seed: UInt64) {
    #expect(Self.run(seed) == Self.run(seed), "seed \(seed)")
  }

  @Test("two processes agree on a history", .timeLimit(.minutes(3)))
  func processes() async {
    // Hashing is seeded anew in each process, so that a walk over a set would show here.
    let child = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      print("history \(DeterminismTests.summary)")
    }
    let output = String(decoding: child?.standardOutputContent ?? [], as: UTF8.self)
    #expect(output.contains("history \(Self.summary)\n"))
  }

  /// All of what twenty runs leave behind, traces included.
  static var summary: String {
    var hasher = StableHasher()
    for seed in 0..<20 as Range<UInt64> {
      let run = Self.run(seed, traces: true)
      hasher.put(run.digest)
      for event in run.events { hasher.put("\(event)") }
      for line in run.trace { hasher.put(line) }
      hasher.put("\(run.faults) \(run.traffic)")
    }
    return String(hasher.value, radix: 16)
  }

  @Test("different seeds give different histories")
  func differs() {
    let digests = Set((0..<100 as Range<UInt64>).map { Self.run($0).digest })
    #expect(digests.count == 100)
  }

  @Test("a trace does not change what happens", arguments: 0..<5 as Range<UInt64>)
  func tracing(seed: UInt64) {
    var traced = Self.run(seed, traces: true)
    #expect(traced.trace.count > 100, "seed \(seed)")
    traced.trace = []
    #expect(traced == Self.run(seed), "seed \(seed)")
  }

  @Test(
    "one more client shifts nothing that happens between nodes", arguments: 0..<20 as Range<UInt64>)
  func clients(seed: UInt64) {
    func pings(clientCount: Int) -> [[[Int]]] {
      let simulation = simulate(Pinger.self, seed: seed)
      _ = simulation.apply(.disturb(Disturbance(.loss, probability: 0.3), Self.allLinks))
      for number in 0..<30 {
        for client in 0..<clientCount {
          simulation.submit(
            .readAll, as: RequestID(client: client, number: number), to: NodeID(client % 3))
        }
        simulation.run(for: .milliseconds(5))
      }
      return simulation.names.nodes.map { simulation.node($0).received }
    }
    #expect(pings(clientCount: 1) == pings(clientCount: 4), "seed \(seed)")
  }

  @Test("a client's replies come when they do whatever other clients there are")
  func clientsAmongThemselves() {
    func times(clientCount: Int) -> [Nanoseconds] {
      let simulation = simulate(Pinger.self)
      for client in 0..<clientCount {
        simulation.submit(.readAll, as: RequestID(client: client, number: 7), to: n1)
      }
      var times: [Nanoseconds] = []
      while simulation.now < .milliseconds(10) {
        for event in simulation.advance(until: .milliseconds(10)) where event.reply?.id.client == 0
        {
          times.append(simulation.now)
        }
      }
      return times
    }
    #expect(times(clientCount: 1).count == 1)
    #expect(times(clientCount: 1) == times(clientCount: 9))
  }

  @Test("a fault on one link shifts nothing on others", arguments: 0..<20 as Range<UInt64>)
  func links(seed: UInt64) {
    func pings(_ faults: [Fault]) -> [Int] {
      let simulation = simulate(Pinger.self, seed: seed)
      for fault in faults { _ = simulation.apply(fault) }
      simulation.run(for: .milliseconds(200))
      return simulation.node(n1).received[n3.index]
    }
    let calm = pings([])
    let link = [Link(from: n1, to: n2)]
    #expect(calm == pings([.cut(link)]), "seed \(seed)")
    #expect(calm == pings([.disturb(Disturbance(.loss, probability: 0.5), link)]), "seed \(seed)")
  }

  @Test("a choice can be overridden by its number without shifting the others")
  func overrides() {
    func lengths(_ overrides: [UInt64: Int]) -> [[UInt8]] {
      let simulation = simulate(Scribe.self, count: 1) { $0.choices = [n1: overrides] }
      simulation.run(for: .microseconds(60))
      return simulation.node(n1).versions.last ?? []
    }
    // The first event: how much, file, length, operation.
    #expect(lengths([0: 0, 1: 0, 2: 4, 3: 7]) == [[1, 1, 1, 1], []])
    #expect(lengths([0: 0, 1: 1, 2: 2, 3: 7]) == [[], [1, 1]])
  }

  @Test("the digest covers contents where it should")
  func contents() {
    func digest(_ delta: Int, contents: Bool) -> UInt64 {
      let simulation = simulate(Ledger.self) { $0.digestsContents = contents }
      simulation.submit(.addDelta(delta), as: RequestID(client: 1, number: 1), to: n1)
      simulation.run(for: .milliseconds(50))
      return simulation.digest
    }
    #expect(digest(1, contents: false) == digest(2, contents: false))
    #expect(digest(1, contents: true) != digest(2, contents: true))
  }

  static let allLinks = [0, 1, 2].flatMap { from in
    [0, 1, 2].map { Link(from: NodeID(from), to: NodeID($0)) }
  }

  /// Ledgers under every fault there is.
  static func run(
    _ seed: UInt64, traces: Bool = false, record: SimulationRecord? = nil
  ) -> Run {
    let simulation = simulate(Ledger.self, seed: seed, record: record) {
      $0.crashesBetweenEffects = 0.7
      $0.digestsContents = true
      $0.drifts = -1_000_000...1_000_000
      $0.wallOffsets = -1_000_000_000...1_000_000_000
    }
    var trace: [String] = []
    if traces { simulation.trace = { trace.append($0) } }
    var draws = Draws(seed: seed, stream: 99)
    var events: [EnvironmentEvent] = []
    for number in 0..<200 {
      let node = NodeID(draws.below(3))
      simulation.submit(
        .addDelta(1), as: RequestID(client: draws.below(4), number: number), to: node)
      if draws.chance(0.3) { _ = simulation.apply(fault(&draws)) }
      events += simulation.run(for: .microseconds(300))
    }
    return Run(
      digest: simulation.digest, handledCount: simulation.handledCount, events: events,
      faults: simulation.faults, traffic: simulation.traffic, trace: trace)
  }

  static func fault(_ draws: inout Draws) -> Fault {
    let node = NodeID(draws.below(3))
    let link = draws.element(of: allLinks)
    let kind = draws.element(of: Disturbance.Kind.allCases)
    let disk = DiskFault(draws.element(of: DiskFault.Kind.allCases))
    return switch draws.below(15) {
    case 0: .cut([link])
    case 1: .mend
    case 2: .kill([node])
    case 3: .powerLoss([node])
    case 4, 5: .restart([n1, n2, n3])
    case 6: .pause([node])
    case 7: .resume([n1, n2, n3])
    case 8: .disturb(Disturbance(kind, probability: 0.5, latency: .milliseconds(3)), allLinks)
    case 9: .calm(kind)
    case 10: .skew([node: .drift(nanosecondsPerSecond: 300_000_000)])
    case 11: .skew([n1: .offset(.seconds(-3)), n2: .offset(.seconds(9)), n3: .offset(1)])
    case 12: .disk(disk, [node])
    case 13: .mendDisks([n1, n2, n3])
    default: .resetClocks
    }
  }
}
