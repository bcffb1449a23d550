import Environments
import Nodes
import Simulations
import Testing
import Values

struct ProcessEndTests {
  static let request = RequestID(client: 0, number: 0)

  @Test("who is stopped ends what it has begun: it syncs and answers, and takes in nothing more")
  func stop() {
    for seed in 0..<100 as Range<UInt64> {
      let simulation = simulate(Ledger.self, seed: seed) {
        $0.syncLatency = .milliseconds(2)...(.milliseconds(2))
      }
      simulation.submit(.addDelta(1), as: Self.request, to: n1)
      simulation.run(for: .milliseconds(1))
      #expect(simulation.node(n1).total == 1 && simulation.isUp(n1))
      #expect(
        simulation.apply(.kill(.stop, [n1])) == FaultReport(did: [n1: "stopped"], tookHold: true))
      simulation.submit(.addDelta(2), as: RequestID(client: 1, number: 0), to: n1)
      #expect(simulation.run(for: .milliseconds(20)).map(\.reply?.id) == [Self.request])
      #expect(!simulation.isUp(n1))
      #expect(simulation.faults.shutdowns == 1 && simulation.faults.kills == 0)
      // The power fails after it: what it wrote is durable.
      _ = simulation.apply(.powerLoss([n1]))
      _ = simulation.apply(.restart([n1]))
      simulation.run(for: .milliseconds(30))
      #expect(simulation.node(n1).total == 1, "seed \(seed)")
    }
  }

  @Test("a stop makes durable what no sync was asked for, and a kill does not")
  func flush() {
    var lost: [ProcessEnd: Int] = [:]
    for seed in 0..<50 as Range<UInt64> {
      for ending in [ProcessEnd.stop, .kill] {
        let simulation = simulate(Ledger.self, seed: seed) { $0.bugs = ["no-sync"] }
        simulation.submit(.addDelta(1), as: Self.request, to: n1)
        simulation.run(for: .milliseconds(5))
        _ = simulation.apply(.kill(ending, [n1]))
        #expect(!simulation.isUp(n1))
        _ = simulation.apply(.powerLoss([n1]))
        _ = simulation.apply(.restart([n1]))
        simulation.run(for: .milliseconds(30))
        if simulation.node(n1).total == 0 { lost[ending, default: 0] += 1 }
      }
    }
    #expect(lost[.stop] == nil)
    #expect((10...40).contains(lost[.kill, default: 0]))
  }

  @Test("who is paused runs on to stop: what was held for it is lost, its ended sync is not")
  func stopWhilePaused() {
    let simulation = simulate(Ledger.self) {
      $0.syncLatency = .milliseconds(2)...(.milliseconds(2))
    }
    simulation.submit(.addDelta(1), as: Self.request, to: n1)
    simulation.run(for: .milliseconds(1))
    _ = simulation.apply(.pause([n1]))
    simulation.submit(.addDelta(2), as: RequestID(client: 1, number: 0), to: n1)
    #expect(simulation.run(for: .milliseconds(20)).isEmpty)
    #expect(simulation.apply(.kill(.stop, [n1])).did == [n1: "stopped"])
    #expect(!simulation.isUp(n1))
    #expect(simulation.run(for: .milliseconds(20)).map(\.reply?.id) == [Self.request])
    #expect(simulation.apply(.resume([n1])) == FaultReport())
  }

  @Test("who can't end because its disk stalls is killed after a while, and earlier at a restart")
  func impatience() {
    for isRestarted in [false, true] {
      let simulation = simulate(Ledger.self)
      _ = simulation.apply(.disk(DiskFault(.stall, latency: .seconds(60)), [n1]))
      simulation.submit(.addDelta(1), as: Self.request, to: n1)
      simulation.run(for: .milliseconds(5))
      #expect(simulation.apply(.kill(.stop, [n1])).tookHold == true)
      simulation.run(for: .seconds(1))
      #expect(simulation.isUp(n1))
      #expect(simulation.apply(.resume([n1])) == FaultReport(), "it is not paused")
      if isRestarted {
        #expect(simulation.apply(.restart([n1])).did == [n1: "restarted"])
      } else {
        simulation.run(for: .seconds(2))
      }
      #expect(!simulation.isUp(n1))
      #expect(simulation.faults.kills == 1 && simulation.faults.shutdowns == 0)
    }
  }

  @Test("a node that is down can't be stopped, and a kill ends one that is about to")
  func stopAndKill() {
    let simulation = simulate(Ledger.self) {
      $0.syncLatency = .milliseconds(2)...(.milliseconds(2))
    }
    simulation.submit(.addDelta(1), as: Self.request, to: n1)
    simulation.run(for: .milliseconds(1))
    _ = simulation.apply(.kill(.stop, [n1]))
    #expect(simulation.isUp(n1))
    #expect(simulation.apply(.kill([n1])).did == [n1: "killed"])
    #expect(!simulation.isUp(n1))
    #expect(simulation.apply(.kill(.stop, [n1])) == FaultReport())
    #expect(simulation.run(for: .milliseconds(20)).isEmpty)
  }

  @Test("an upgrade brings back the next version, and after the newest the first")
  func upgrade() {
    let simulation = simulate(Ledger.self) {
      $0.versionCount = 3
      $0.versions = [n1: 1, n2: 2]
    }
    #expect(simulation.node(n1).configuration.version == 1)
    #expect(simulation.node(n2).configuration.version == 2)
    #expect(simulation.node(n3).configuration.version == Configuration.newestVersion)
    for next in [[2, 3, 1], [3, 1, 2], [1, 2, 3]] {
      let report = simulation.apply(.kill(.upgrade, [n1, n2, n3]))
      #expect(report.tookHold == true)
      #expect(report.did[n1] == "killed, to come back as version \(next[0])")
      #expect(simulation.apply(.kill(.upgrade, [n1])) == FaultReport())
      _ = simulation.apply(.restart([n1, n2, n3]))
      simulation.run(for: .milliseconds(30))
      #expect([n1, n2, n3].map { simulation.node($0).configuration.version } == next)
    }
    #expect(simulation.faults.upgrades == 9)
    _ = simulation.apply(.kill([n1]))
    _ = simulation.apply(.restart([n1]))
    simulation.run(for: .milliseconds(30))
    #expect(simulation.node(n1).configuration.version == 1)
  }

  @Test("a wiped node finds no files, whatever was durable")
  func wipe() {
    let simulation = simulate(Ledger.self)
    simulation.submit(.addDelta(1), as: Self.request, to: n1)
    simulation.run(for: .milliseconds(5))
    #expect(simulation.apply(.disk(DiskFault(.wipe), [n1])).did == [n1: "wiped"])
    let mended = simulation.apply(.mendDisks([n1]))
    #expect(mended.tookHold == true && mended.affected == 1)
    simulation.run(for: .milliseconds(30))
    #expect(simulation.node(n1).total == 0)
    #expect(simulation.faults.powerLosses == 0)
  }
}
