import Environments
import Nodes
import Simulations
import Testing
import Values

struct CrashTests {
  @Test("a kill loses no operation, a restart finds them all", arguments: 0..<100 as Range<UInt64>)
  func kill(seed: UInt64) {
    let simulation = simulate(Scribe.self, count: 1, seed: seed)
    for _ in 0..<5 {
      simulation.run(for: .milliseconds(3))
      let report = simulation.apply(.kill([n1]))
      #expect(report == FaultReport(did: [n1: "killed"], tookHold: true))
      #expect(!simulation.isUp(n1))
      let before = simulation.node(n1)
      // Operations that a sync of their own event held back were not issued.
      let survivors = Self.restarted(simulation)
      #expect(before.versions.contains(survivors), "seed \(seed)")
      if Self.heldNothing(before) { #expect(survivors == before.versions.last, "seed \(seed)") }
    }
    #expect(simulation.faults.kills == 5)
    #expect(simulation.faults.restarts == 5)
    #expect(simulation.faults.lostOperations == 0)
  }

  @Test("a killed process wrote all of what it asked for without a sync before it")
  func killKeepsAll() {
    for seed in 0..<200 as Range<UInt64> {
      let simulation = simulate(Ledger.self, seed: seed) { $0.bugs = ["no-sync"] }
      for number in 0..<10 {
        simulation.submit(.addDelta(1), as: RequestID(client: 0, number: number), to: n1)
      }
      simulation.run(for: .microseconds(30 + Int64(seed)))
      _ = simulation.apply(.kill([n1]))
      let before = simulation.node(n1).total
      _ = simulation.apply(.restart([n1]))
      simulation.run(for: .milliseconds(30))
      #expect(simulation.node(n1).total == before, "seed \(seed)")
    }
  }

  @Test("power loss keeps what was synced and a prefix of the rest, whose end may be torn")
  func powerLoss() {
    var torn = 0
    var kept = 0
    var lost = 0
    var reads = 0
    for seed in 0..<3_000 as Range<UInt64> {
      let simulation = simulate(Scribe.self, count: 1, seed: seed)
      simulation.run(for: .milliseconds(1) + Int64(seed % 50) * .microseconds(40))
      #expect(simulation.apply(.powerLoss([n1])).tookHold == true)
      let before = simulation.node(n1)
      let survivors = Self.restarted(simulation)
      let possible = before.versions[before.durable...]
      if let version = possible.lastIndex(of: survivors) {
        if version > before.durable { kept += 1 }
        if version < before.versions.count - 1 { lost += 1 }
      } else {
        let isTorn = zip(possible, possible.dropFirst()).contains {
          Self.isTornAppend(survivors, from: $0, to: $1)
        }
        #expect(isTorn, "seed \(seed): \(survivors) is none of \(Array(possible))")
        torn += 1
      }
      reads += before.found.count
      #expect(before.found.allSatisfy { before.expected[$0] == $1 }, "seed \(seed)")
    }
    #expect(torn > 100)
    #expect(kept > 300)
    #expect(lost > 1_000)
    #expect(reads > 3_000)
  }

  @Test("appends are torn as often as the settings say", arguments: [0.0, 1.0])
  func tornAppends(share: Double) {
    var torn = 0
    for seed in 0..<300 as Range<UInt64> {
      let simulation = simulate(Ledger.self, seed: seed) {
        $0.bugs = ["no-sync"]
        $0.tornAppends = share
      }
      simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
      simulation.run(for: .milliseconds(5))
      _ = simulation.apply(.powerLoss([n1]))
      _ = simulation.apply(.restart([n1]))
      simulation.run(for: .milliseconds(30))
      if simulation.node(n1).damage == .tornTail { torn += 1 }
      #expect(simulation.faults.tornAppends == (simulation.node(n1).damage == .tornTail ? 1 : 0))
    }
    // The one append is lost in half of the runs.
    #expect(share == 0 ? torn == 0 : (100...200).contains(torn))
  }

  @Test("power loss while a process is down takes what a kill had kept in memory")
  func powerLossWhileDown() {
    var lost = 0
    for seed in 0..<50 as Range<UInt64> {
      let simulation = simulate(Ledger.self, seed: seed) { $0.bugs = ["no-sync"] }
      simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
      simulation.run(for: .milliseconds(5))
      _ = simulation.apply(.kill([n1]))
      _ = simulation.apply(.powerLoss([n1]))
      _ = simulation.apply(.restart([n1]))
      simulation.run(for: .milliseconds(30))
      lost += simulation.node(n1).total == 0 ? 1 : 0
    }
    #expect((10...40).contains(lost))
  }

  @Test("what survived is durable when the node starts")
  func settled() {
    for seed in 0..<200 as Range<UInt64> {
      let simulation = simulate(Ledger.self, seed: seed) { $0.bugs = ["no-sync"] }
      for number in 0..<5 {
        simulation.submit(.addDelta(1), as: RequestID(client: number, number: 0), to: n1)
      }
      simulation.run(for: .milliseconds(5))
      var totals: [Int] = []
      for _ in 0..<3 {
        _ = simulation.apply(.powerLoss([n1]))
        _ = simulation.apply(.restart([n1]))
        simulation.run(for: .milliseconds(30))
        totals.append(simulation.node(n1).total)
      }
      #expect(Set(totals).count == 1, "seed \(seed): \(totals)")
    }
  }

  @Test("what a kill left in memory is durable when the node starts again")
  func settledAfterKill() {
    for seed in 0..<50 as Range<UInt64> {
      let simulation = simulate(Ledger.self, seed: seed) { $0.bugs = ["no-sync"] }
      simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
      simulation.run(for: .milliseconds(5))
      for crash in [Fault.kill([n1]), .powerLoss([n1])] {
        _ = simulation.apply(crash)
        _ = simulation.apply(.restart([n1]))
        simulation.run(for: .milliseconds(30))
      }
      #expect(simulation.node(n1).total == 1, "seed \(seed)")
    }
  }

  @Test("nothing that left a node is lost by power loss", arguments: [false, true])
  func barrier(betweenEffects: Bool) {
    let losing = (0..<2_000 as Range<UInt64>).filter {
      Self.losesAcknowledged(seed: $0, bugs: [], betweenEffects: betweenEffects)
    }
    #expect(losing.isEmpty)
  }

  @Test("a node that acknowledges before it syncs loses what it acknowledged")
  func mutant() {
    let losing = (0..<200 as Range<UInt64>).filter {
      Self.losesAcknowledged(seed: $0, bugs: ["no-sync"], betweenEffects: false)
    }
    #expect(losing.count > 100)
  }

  @Test("a crash falls between two effects: some of an event's messages leave, others don't")
  func betweenEffects() {
    var outcomes: Set<[Bool]> = []
    var between = 0
    for seed in 0..<200 as Range<UInt64> {
      let simulation = simulate(Pinger.self, seed: seed) { $0.crashesBetweenEffects = 1 }
      simulation.run(for: .milliseconds(20))
      let report = simulation.apply(.kill([n1]))
      #expect(report == FaultReport(did: [n1: "killed"], tookHold: true))
      #expect(simulation.isUp(n1))
      simulation.run(for: .milliseconds(20))
      #expect(!simulation.isUp(n1), "seed \(seed)")
      let last = simulation.node(n1).sent
      outcomes.insert([n2, n3].map { simulation.node($0).received[n1.index].contains(last) })
      between += simulation.faults.crashesBetweenEffects
      #expect(simulation.apply(.restart([n1])).tookHold == true)
    }
    #expect(outcomes.contains([true, false]))
    #expect(outcomes.contains([true, true]))
    #expect(!outcomes.contains([false, true]))
    #expect(between > 20)
  }

  @Test("a crash that waits for an event does not wait forever, nor does a restart wait for it")
  func patience() {
    let simulation = simulate(Proxy.self) { $0.crashesBetweenEffects = 1 }
    _ = simulation.apply(.kill([n1, n2]))
    simulation.run(for: .milliseconds(9))
    #expect(simulation.isUp(n1))
    #expect(simulation.apply(.restart([n2])).did == [n2: "restarted"])
    simulation.run(for: .milliseconds(2))
    #expect(!simulation.isUp(n1))
    simulation.run(for: .milliseconds(30))
    #expect(simulation.isUp(n2))
  }

  @Test("messages, requests and timers of a process that is gone are lost")
  func down() {
    let simulation = simulate(Pinger.self)
    simulation.run(for: .milliseconds(100))
    _ = simulation.apply(.kill([n1]))
    let sent = simulation.node(n1).sent
    simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
    #expect(simulation.run(for: .milliseconds(100)).isEmpty)
    #expect(simulation.node(n1).sent == sent)
    let report = simulation.apply(.restart([n1]))
    #expect((report.affected ?? 0) > 50)
    #expect(report.affected == simulation.traffic.lost)
    simulation.run(for: .milliseconds(25))
    #expect(simulation.isUp(n1))
    simulation.run(for: .milliseconds(100))
    #expect(simulation.node(n1).sent > 30)
    #expect(simulation.node(n1).requests.isEmpty)
  }

  @Test("a request whose process is gone is never answered, though it took effect")
  func orphanedRequest() {
    for seed in 0..<50 as Range<UInt64> {
      let simulation = simulate(Ledger.self, seed: seed) { $0.bootDelay = 0...0 }
      simulation.submit(.addDelta(1), as: RequestID(client: 0, number: 0), to: n1)
      while simulation.node(n1).additions == 0 {
        simulation.run(for: .microseconds(1))
      }
      _ = simulation.apply(.kill([n1]))
      _ = simulation.apply(.restart([n1]))
      #expect(simulation.run(for: .milliseconds(50)).isEmpty, "seed \(seed)")
      #expect(simulation.node(n1).total == 1)
    }
  }

  @Test("a reply to a request that this process never received is dropped")
  func unknownRequest() {
    let simulation = simulate(Forgetful.self)
    simulation.submit(.custom("stranger"), as: RequestID(client: 0, number: 5), to: n1)
    #expect(simulation.run(for: .milliseconds(50)).isEmpty)
    simulation.submit(.custom("twice"), as: RequestID(client: 0, number: 6), to: n1)
    #expect(simulation.run(for: .milliseconds(50)).count == 1)
  }

  @Test("faults that change nothing say so")
  func nothing() {
    let simulation = simulate(Pinger.self)
    #expect(simulation.apply(.restart([n1])) == FaultReport())
    #expect(simulation.apply(.resume([n1])) == FaultReport())
    _ = simulation.apply(.kill([n1]))
    #expect(simulation.apply(.kill([n1])) == FaultReport())
    #expect(simulation.apply(.pause([n1])) == FaultReport())
    #expect(simulation.apply(.restart([n1])).did == [n1: "restarted"])
    #expect(simulation.apply(.restart([n1])) == FaultReport())
    // A process that is on its way up can be killed too.
    #expect(simulation.apply(.kill([n1])).did == [n1: "killed"])
    simulation.run(for: .milliseconds(50))
    #expect(!simulation.isUp(n1))
  }

  /// Restarts the only node, and returns what it found; it does nothing else before.
  static func restarted(_ simulation: Simulation<Scribe>) -> [[UInt8]] {
    _ = simulation.apply(.restart([n1]))
    while !simulation.isUp(n1) { simulation.run(for: .microseconds(10)) }
    return simulation.node(n1).survivors
  }

  /// Whether the node had asked for no sync whose end it wasn't told.
  static func heldNothing(_ scribe: Scribe) -> Bool {
    scribe.doneCount == scribe.asked.count
  }

  static func isTornAppend(
    _ survivors: [[UInt8]], from old: [[UInt8]], to new: [[UInt8]]
  ) -> Bool {
    zip(survivors, zip(old, new)).allSatisfy { torn, versions in
      torn == versions.0
        || (versions.1.starts(with: torn) && torn.starts(with: versions.0))
    }
  }

  /// Whether a ledger that lost its power forgot something that it had acknowledged, or that it had
  /// told another ledger.
  static func losesAcknowledged(seed: UInt64, bugs: Set<String>, betweenEffects: Bool) -> Bool {
    let simulation = simulate(Ledger.self, seed: seed) {
      $0.bugs = bugs
      $0.crashesBetweenEffects = betweenEffects ? 1 : 0
      $0.syncLatency = .microseconds(50)...(.milliseconds(1))
    }
    var acknowledged = 0
    for round in 0..<3 {
      for number in 0..<10 {
        simulation.submit(
          .addDelta(1), as: RequestID(client: round, number: number), to: n1)
        acknowledged += simulation.run(for: .microseconds(60)).count
      }
      _ = simulation.apply(.powerLoss([n1]))
      acknowledged += simulation.run(for: .milliseconds(12)).count
      _ = simulation.apply(.restart([n1]))
      acknowledged += simulation.run(for: .milliseconds(25)).count
      if simulation.node(n1).total < acknowledged { return true }
    }
    return false
  }
}
