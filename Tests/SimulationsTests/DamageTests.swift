import Environments
import Nodes
import Simulations
import Testing
import Values

/// What destroys durable data, and the ledger that keeps it within what a system survives.
struct DamageTests {
  static let lasting: [DiskFault.Kind] = [.lostSync, .corrupt, .misdirect, .stale]

  struct Campaign {
    /// Nodes that forgot something that was acknowledged.
    var forgetful = 0
    var spared = 0
    var struckAtOnceMax = 0
    var isHealed = true
  }

  /// Damages the disks of all replicas again and again, as far as the limit lets it.
  static func campaign(
    _ kind: DiskFault.Kind, limits: [DiskFault.Kind: Int]?, bugs: Set<String> = [], seed: UInt64
  ) -> Campaign {
    let simulation = simulate(Replica.self, seed: seed) {
      $0.bugs = bugs
      $0.damageLimits = limits
    }
    var campaign = Campaign()
    var acknowledged = [0, 0, 0]
    var number = 0
    func use(for duration: Nanoseconds) {
      let end = simulation.now + duration
      while simulation.now < end {
        let node = number % 3
        simulation.submit(
          .addDelta(1), as: RequestID(client: node, number: number), to: NodeID(node))
        number += 1
        for event in simulation.run(for: .microseconds(700)) {
          if let id = event.reply?.id { acknowledged[id.client] += 1 }
        }
      }
    }
    use(for: .milliseconds(30))
    for _ in 0..<4 {
      let report = simulation.apply(.disk(DiskFault(kind), [n1, n2, n3]))
      let struck = report.did.values.count { $0 != FaultReport.spared }
      campaign.struckAtOnceMax = max(campaign.struckAtOnceMax, struck)
      use(for: .milliseconds(25))
      _ = simulation.apply(.mendDisks([n1, n2, n3]))
      use(for: .milliseconds(60))
    }
    for node in 0..<3 {
      let replica = simulation.node(NodeID(node))
      if replica.counts[node] < acknowledged[node] { campaign.forgetful += 1 }
      if !replica.isWhole || !simulation.isUp(NodeID(node)) { campaign.isHealed = false }
    }
    campaign.spared = simulation.faults.spared
    return campaign
  }

  @Test(
    "replicas that ask the others forget nothing while one at a time is damaged", arguments: lasting
  )
  func careful(kind: DiskFault.Kind) {
    for seed in 0..<60 as Range<UInt64> {
      let campaign = Self.campaign(kind, limits: [kind: 1], seed: seed)
      #expect(campaign.forgetful == 0, "seed \(seed)")
      #expect(campaign.struckAtOnceMax == 1 && campaign.spared >= 8, "seed \(seed)")
      #expect(campaign.isHealed, "seed \(seed)")
    }
  }

  @Test(
    "replicas that trust their disks forget, and so do all when all are damaged", arguments: lasting
  )
  func careless(kind: DiskFault.Kind) {
    let trusting = (0..<60 as Range<UInt64>).count { seed in
      Self.campaign(kind, limits: [kind: 1], bugs: ["trust"], seed: seed).forgetful > 0
    }
    #expect(trusting > 5)
    let beyond = (0..<60 as Range<UInt64>).count { seed in
      Self.campaign(kind, limits: nil, seed: seed).forgetful > 0
    }
    #expect(beyond > 5)
  }

  @Test(
    "a fault that nobody claims to survive damages nobody, and has not taken hold",
    arguments: lasting + [.torn, .reorder])
  func unclaimed(kind: DiskFault.Kind) {
    let simulation = simulate(Replica.self) { $0.damageLimits = [:] }
    simulation.run(for: .milliseconds(30))
    let report = simulation.apply(.disk(DiskFault(kind), [n1, n2]))
    #expect(report == FaultReport(did: [n1: "spared", n2: "spared"], tookHold: false))
    #expect(simulation.apply(.mendDisks([n1, n2])) == FaultReport())
    #expect(simulation.faults.spared == 2 && simulation.isUp(n1))
    // What damages nothing is not limited.
    #expect(simulation.apply(.powerLoss([n1, n2, n3])).did.count == 3)
  }

  @Test("a node is damaged until a process on what is left is whole, and not twice before")
  func damagedUntilWhole() {
    let simulation = simulate(Replica.self) { $0.damageLimits = [.corrupt: 2, .torn: 3] }
    func corrupt() -> [NodeID: String] {
      simulation.apply(.disk(DiskFault(.corrupt), [n1, n2, n3])).did
    }
    simulation.run(for: .milliseconds(30))
    simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
    simulation.run(for: .milliseconds(30))
    let first = corrupt()
    #expect(first.values.sorted() == ["corrupted", "corrupted", "spared"])
    #expect(corrupt().values.allSatisfy { $0 == "spared" })
    // The third is struck by what may strike three, which those that are down are not.
    let torn = simulation.apply(.disk(DiskFault(.torn), [n1, n2, n3])).did
    #expect(
      torn.filter { $0.value == "torn" }.keys.map(\.self)
        == first.keys.filter { first[$0] == "spared" })
    _ = simulation.apply(.cut(DeterminismTests.allLinks))
    _ = simulation.apply(.mendDisks([n1, n2, n3]))
    simulation.run(for: .milliseconds(50))
    // All are up, but hear nothing from each other.
    #expect(corrupt().values.allSatisfy { $0 == "spared" })
    _ = simulation.apply(.mend)
    simulation.run(for: .milliseconds(50))
    #expect(corrupt().values.contains("corrupted"))
  }
}
